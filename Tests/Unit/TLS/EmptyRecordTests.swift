import EmptyRecords
import TLS
import Testing

@Suite("Records without content (RFC 8446, section 5.1)")
struct EmptyRecordTests {
  @Test("bug: two in a row were taken for the end of the stream", arguments: versions, 0..<20)
  func emptyRecords(version: TLSVersion, count: Int) {
    // More than three in a row are a flood, which mbedTLS refuses.
    let expected: Int32 = count > 3 ? -3 : 5
    #expect(read_behind_empty_records(version.rawValue, Int32(count)) == expected)
  }
}
