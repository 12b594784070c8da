import Glibc
import HAL
import Testing

@testable import Simulator

/// Clock, randomness, link, lamp and store of a simulated board.
@Suite struct BoardTests {
  @Test func theMonotonicClockDoesNotGoBackAndTheWallClockIsOfThisCentury() throws {
    let clock = LinuxClock()
    let first = clock.monotonicMilliseconds()
    #expect(clock.monotonicMilliseconds() >= first)
    // 2024-01-01: a computer that builds this package has a clock that is set.
    #expect(try #require(clock.wallMilliseconds()) > 1_704_067_200_000)
  }

  @Test(arguments: [0, 1, 16, 256, 257, 1000])
  func entropyFillsEveryByte(count: Int) throws {
    var entropy = LinuxEntropy()
    // A byte that stays zero in 20 fills was not written: the chance is 2^-160 for each.
    var seen = [UInt8](repeating: 0, count: count)
    for _ in 0..<20 {
      var bytes = [UInt8](repeating: 0, count: count)
      var span = bytes.mutableSpan
      try entropy.fill(&span)
      for index in bytes.indices { seen[index] |= bytes[index] }
    }
    #expect(seen.allSatisfy { $0 != 0 })
  }

  @Test func aLinkIsUpUnlessItsCarrierIsNot() {
    var own = LinuxLink()
    #expect(own.linkState() == .up)
    let carrier = LinuxLink.Carrier(.down)
    var first = LinuxLink(carrier: carrier)
    var second = LinuxLink(carrier: carrier)
    #expect(first.linkState() == .down)
    carrier.state = .acquiringAddress
    #expect(first.linkState() == .acquiringAddress)
    carrier.state = .up
    #expect(second.linkState() == .up)
  }

  @Test func theLampKeepsTheLastStatus() {
    var lamp = TerminalStatus()
    #expect(lamp.text == "starting")
    lamp.show(.joined)
    lamp.show(.joined)
    lamp.show(.sensorFault)
    #expect(lamp.status == .sensorFault)
    #expect(lamp.changeCount == 2)
    #expect(lamp.text == "sensor fault")
  }

  // MARK: Values

  private func value(_ store: inout FileKeyValueStore, _ key: StaticString, capacity: Int = 64) throws -> [UInt8]? {
    var memory = [UInt8](repeating: 0xEE, count: capacity)
    var span = memory.mutableSpan
    let count = try store.readValue(for: key, into: &span)
    return count.map { Array(memory.prefix($0)) }
  }

  @Test func aValueIsThereAfterARestart() throws {
    let folder = try TemporaryFolder()
    var store = try FileKeyValueStore(folder: folder.path)
    #expect(try value(&store, "boots") == nil)
    try store.storeValue([1, 2, 3].span, for: "boots")
    var again = try FileKeyValueStore(folder: folder.path)
    #expect(try value(&again, "boots") == [1, 2, 3])
    let empty: [UInt8] = []
    try again.storeValue(empty.span, for: "boots")
    #expect(try value(&store, "boots") == [])
  }

  @Test func theFolderIsMadeAndTheFilesAreForTheOwnerOnly() throws {
    let folder = try TemporaryFolder()
    var store = try FileKeyValueStore(folder: folder.path + "/new")
    try store.storeValue([1].span, for: "key")
    #expect(try folder.mode(of: "new") == 0o700)
    #expect(try folder.mode(of: "new/key") == 0o600)
    try store.storeValue([2].span, for: "key")
    #expect(try folder.mode(of: "new/key") == 0o600)
  }

  @Test func nothingButTheValuesIsLeftBehind() throws {
    let folder = try TemporaryFolder()
    var store = try FileKeyValueStore(folder: folder.path)
    for number in 0..<10 { try store.storeValue([UInt8(number)].span, for: "counter") }
    #expect(folder.names == ["counter"])
  }

  @Test func aValueLargerThanTheMemoryIsAnErrorThatSaysSo() throws {
    let folder = try TemporaryFolder()
    var store = try FileKeyValueStore(folder: folder.path)
    try store.storeValue([UInt8](repeating: 7, count: 65).span, for: "key")
    #expect(throws: KeyValueError.valueTooLarge(byteCount: 65, capacityBytes: 64)) { try value(&store, "key") }
    #expect(try value(&store, "key", capacity: 65)?.count == 65)
  }

  @Test(arguments: ["", "../secret", "a/b", ".hidden", "sixteen-bytes-xx", "caf\u{E9}", "a b"] as [StaticString])
  func aKeyThatIsNoSafeFileNameIsRefused(key: StaticString) throws {
    let folder = try TemporaryFolder()
    var store = try FileKeyValueStore(folder: folder.path)
    #expect(throws: KeyValueError.failed(code: EINVAL)) { try store.storeValue([1].span, for: key) }
    #expect(folder.names == [])
  }

  @Test func aFolderThatIsGoneIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/gone"
    var store = try FileKeyValueStore(folder: path)
    #expect(rmdir(path) == 0)
    #expect(throws: KeyValueError.failed(code: ENOENT)) { try store.storeValue([1].span, for: "key") }
    #expect(throws: KeyValueError.self) { try FileKeyValueStore(folder: path + "/deeper") }
  }

  @Test func aFullDiskIsCalledFull() {
    #expect(FileKeyValueStore.error(for: ENOSPC) == .full)
    #expect(FileKeyValueStore.error(for: EDQUOT) == .full)
    #expect(FileKeyValueStore.error(for: EIO) == .failed(code: EIO))
    // /dev/full answers every write with ENOSPC.
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    #expect([1, 2].withUnsafeBytes { writeAll(descriptor, $0) } == ENOSPC)
  }
}
