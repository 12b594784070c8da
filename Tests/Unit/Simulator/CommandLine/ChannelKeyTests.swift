import Glibc
import Testing

@testable import Simulator

@Suite struct ChannelKeyTests {
  private func load(_ arguments: [String], variable: String? = nil) throws -> String? {
    guard case .run(let parsed) = try RelayOptions.command.parse(arguments) else { throw UsageError("help") }
    let value = variable.map { Secret(copying: Array($0.utf8).span) }
    return try ChannelKey.load(parsed, variable: value).map { $0.withBytes { String($0) } }
  }

  @Test func theEnvironmentIsUsedUnlessAFileIsGiven() throws {
    #expect(try load([]) == nil)
    #expect(try load([], variable: "") == nil)
    #expect(try load([], variable: "sekrit") == "sekrit")
    let folder = try TemporaryFolder()
    try folder.write("from file", to: "key")
    #expect(try load(["--key-file", folder.path + "/key"], variable: "sekrit") == "from file")
    #expect(throws: RunFailure("MLES_KEY: expected at most 1024 bytes, got 1025")) {
      try load([], variable: String(repeating: "x", count: 1025))
    }
  }

  @Test(arguments: [("k", "k"), ("k\n", "k"), ("k\r\n", "k"), ("k\n\n", "k\n"), (" k ", " k ")])
  func oneLineEndIsCut(contents: String, key: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(contents, to: "key")
    #expect(try load(["--key-file", folder.path + "/key"]) == key)
  }

  @Test func aFileThatOthersCanReadIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write("sekrit", to: "key", mode: 0o644)
    let error = #expect(throws: RunFailure.self) { try load(["--key-file", folder.path + "/key"]) }
    #expect(
      error?.description.hasPrefix("--key-file '\(folder.path)/key': other users can get at it (mode 644)") == true)
  }

  @Test(arguments: ["", "\n", String(repeating: "x", count: 1025), String(repeating: "x", count: 5000)])
  func aFileWithoutAUsableKeyIsAnError(contents: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(contents, to: "key")
    #expect(throws: RunFailure.self) { try load(["--key-file", folder.path + "/key"]) }
  }

  @Test func aMissingFileIsAnErrorThatNamesIt() throws {
    let error = #expect(throws: RunFailure.self) { try load(["--key-file", "no/such/file"]) }
    #expect(error?.description == "--key-file 'no/such/file': No such file or directory")
  }
}
