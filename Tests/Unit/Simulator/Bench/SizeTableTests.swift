import Testing

@testable import Simulator

@Suite("Sizes of the state structures")
struct SizeTableTests {
  /// The repository's README, found from this file.
  private static var readme: String? {
    let root = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
    guard case .success(let bytes) = readFile(at: "/\(root)/README.md", byteCountMax: 1 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("keep session, outbox and frame buffers within 6 KB")
  func budget() {
    #expect(SizeTable.messagingByteCountMax == 6144)
    #expect(SizeTable.messagingByteCount <= SizeTable.messagingByteCountMax)
    #expect(SizeTable.messagingByteCount > 1024 + 640 + 2048, "the buffers alone take that much")
  }

  @Test("are a Markdown table with a positive number in each row")
  func format() {
    #expect(SizeTable.lines.first == "| Structure | Bytes |")
    #expect(SizeTable.lines.count == SizeTable.rows.count + 2)
    #expect(SizeTable.rows.allSatisfy { $0.byteCount > 0 && !$0.name.contains("|") })
  }

  @Test("are those that the README shows, all of them and no others")
  func readmeTable() throws {
    let readme = try #require(Self.readme)
    let table = SizeTable.lines.joined(separator: "\n")
    let isShown = readme.contains("\n\n\(table)\n\n")
    #expect(isShown, "put what 'mles-sim bench --sizes' prints into README.md:\n\(table)")
  }

  @Test("a board of no size adds nothing to them")
  func bareBoard() {
    #expect(MemoryLayout<BareSocket>.size == 0)
    #expect(MemoryLayout<BareBus>.size == 0)
    #expect(MemoryLayout<BareBoard>.size == 0)
  }
}
