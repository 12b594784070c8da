import Glibc
import Testing

@testable import Simulator

@Suite struct SecretTests {
  private func read(_ path: String, byteCountMax: Int = 16) -> Result<String, SecretFileError> {
    readSecret(at: path, byteCountMax: byteCountMax).map { $0.withBytes { String($0) } }
  }

  @Test(arguments: [0o600, 0o400, 0o700] as [mode_t])
  func aFileForItsOwnerOnlyIsTaken(mode: mode_t) throws {
    let folder = try TemporaryFolder()
    try folder.write("sekrit", to: "key", mode: mode)
    #expect(read(folder.path + "/key") == .success("sekrit"))
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o666, 0o620, 0o602, 0o601, 0o610] as [mode_t])
  func anOwnFileThatOthersHaveAnyRightToIsRefused(mode: mode_t) throws {
    let folder = try TemporaryFolder()
    try folder.write("sekrit", to: "key", mode: mode)
    #expect(read(folder.path + "/key") == .failure(.openToOthers(mode: mode)))
    #expect(
      SecretFileError.openToOthers(mode: mode).description
        == "other users can get at it (mode \(String(mode, radix: 8))); expected mode 600 ('chmod 600'), and a new key if "
        + "it was read")
  }

  @Test func aPipeIsTakenWhateverItsMode() throws {
    let pipe = try TestPipe()
    fchmod(pipe.reading, 0o666)
    #expect(Glibc.write(pipe.writing, "sekrit", 6) == 6)
    pipe.closeWriting()
    #expect(read("/dev/fd/\(pipe.reading)") == .success("sekrit"))
  }

  @Test func aFileOfSomebodyElseIsTakenAsItIs() throws {
    let folder = try TemporaryFolder()
    try folder.write("sekrit", to: "key", mode: 0o644)
    // Only root can give files away; all others have one of root's.
    let isRoot = chown(folder.path + "/key", 1, 1) == 0
    let path = isRoot ? folder.path + "/key" : "/etc/passwd"
    var information = stat()
    try #require(stat(path, &information) == 0 && information.st_uid != geteuid())
    #expect(throws: Never.self) { try readSecret(at: path, byteCountMax: 65_536).get() }
  }

  @Test func whatIsLongerThanTheLimitIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write("123456", to: "key")
    #expect(read(folder.path + "/key", byteCountMax: 6) == .success("123456"))
    #expect(read(folder.path + "/key", byteCountMax: 5) == .failure(.tooLarge(byteCountMax: 5)))
    #expect(read(folder.path + "/none") == .failure(.system(SystemError(code: ENOENT))))
    #expect(read(folder.path) == .failure(.system(SystemError(code: EISDIR))))
  }

  // In a process of its own: the environment belongs to all threads.
  @Test func aSecretOfTheEnvironmentIsTakenOutOfItAndItsMemory() async {
    await #expect(processExitsWith: .success) {
      setenv("MLES_TEST_SECRET", "sekrit", 1)
      let memory = try #require(getenv("MLES_TEST_SECRET"))
      let secret = try #require(takeEnvironmentSecret("MLES_TEST_SECRET"))
      #expect(secret.withBytes { String($0) } == "sekrit")
      #expect(getenv("MLES_TEST_SECRET") == nil)
      #expect((0..<6).allSatisfy { memory[$0] == 0 })
      #expect(takeEnvironmentSecret("MLES_TEST_SECRET") == nil)
    }
  }
}
