import Glibc
import Testing

@testable import Simulator

@Suite struct ChannelKeyTests {
  private func load(_ arguments: [String], variable: String? = nil) throws -> (key: String?, notes: String) {
    let notes = try TestPipe()
    let console = Console(name: "mles-sim relay", output: -1, errorOutput: notes.writing)
    guard case .run(let parsed) = try RelayOptions.command.parse(arguments) else { throw UsageError("help") }
    let key = try ChannelKey.load(parsed, variableValue: variable.map { Array($0.utf8) }, console: console)
    return (key.map { String(decoding: $0, as: UTF8.self) }, notes.text())
  }

  @Test func theEnvironmentIsUsedUnlessAFileIsGiven() throws {
    #expect(try load([]).key == nil)
    #expect(try load([], variable: "").key == nil)
    #expect(try load([], variable: "sekrit").key == "sekrit")
    let folder = try TemporaryFolder()
    try folder.write("from file", to: "key")
    #expect(try load(["--key-file", folder.path + "/key"], variable: "sekrit").key == "from file")
    #expect(throws: RunFailure("MLES_KEY: expected at most 1024 bytes, got 1025")) {
      try load([], variable: String(repeating: "x", count: 1025))
    }
  }

  @Test(arguments: [("k", "k"), ("k\n", "k"), ("k\r\n", "k"), ("k\n\n", "k\n"), (" k ", " k ")])
  func oneLineEndIsCut(contents: String, key: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(contents, to: "key")
    let loaded = try load(["--key-file", folder.path + "/key"])
    #expect(loaded.key == key)
    #expect(loaded.notes == "")
  }

  @Test func aFileThatOthersCanReadIsWarnedAbout() throws {
    let folder = try TemporaryFolder()
    try folder.write("k", to: "key", mode: 0o644)
    let loaded = try load(["--key-file", folder.path + "/key"])
    #expect(loaded.key == "k")
    #expect(loaded.notes.hasPrefix("mles-sim relay: warning: other users can read the key file"))
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
