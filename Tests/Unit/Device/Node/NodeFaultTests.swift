import Device
import HAL
import Mles
import TLS
import Testing

@Suite("Node: when parts of the board fail")
struct NodeFaultTests {
  private func configuration(every milliseconds: UInt32) -> NodeConfiguration {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = milliseconds
    return configuration
  }

  @Test("without the time it waits, says so once, and goes on when it has it")
  func wallClock() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    let wallAtStart = rig.time.wallAtStart
    rig.time.wallAtStart = nil
    rig.run(for: 10_000)
    #expect(rig.state == .idle)
    #expect(
      rig.board.lines == ["the time is not known, certificates cannot be checked; going on as soon as it is"])
    #expect(rig.board.shown == [.waitingForNetwork])
    rig.time.wallAtStart = wallAtStart
    rig.run(for: UInt64(Timeouts().linkPollMilliseconds))
    #expect(rig.state == .joined)
    #expect(rig.relay.allMessages.first?.contains("\"time\":null,") == true)
    #expect(rig.sequences == Array(0..<rig.sequences.count))
  }

  @Test(
    "certificates are checked against the board's clock",
    arguments: [
      (1_767_225_600_000 + 10 * 86_400_000, "expired"), (1_767_225_600_000 - 10 * 86_400_000, "not valid before"),
    ] as [(UInt64, String)])
  func certificateDates(wallAtStart: UInt64, words: String) throws {
    // Valid from 2025-12-31 to 2026-01-05.
    let certificates = try TestCertificates(from: 1_767_139_200, to: 1_767_571_200)
    let rig = try NodeRig(certificates: certificates)
    try rig.join()
    let other = try NodeRig(certificates: certificates)
    other.time.wallAtStart = wallAtStart
    other.run(for: 2_000)
    let error: TLSError = words == "expired" ? .certificateExpired : .certificateNotYetValid
    #expect(other.node.client.lastFailure == .tls(error))
    #expect(other.state == .waitingToRetry(.transportFailed(.permanent)))
    #expect(other.board.lines.last?.contains("; next try in 300.0 s") == true)
  }

  @Test("no randomness: no connection, said in the log, tried again")
  func entropy() throws {
    let rig = try NodeRig()
    rig.board.entropyError = .unavailable(code: 7)
    rig.run(for: 60_000)
    #expect(rig.wire.opens.isEmpty)
    #expect(rig.board.lines.first?.hasPrefix("no randomness, code 7; next try in ") == true)
    #expect(rig.board.entropyCalls > 3 && rig.board.entropyCalls < 60)
    rig.board.entropyError = nil
    try rig.join(within: 61_000)
  }

  @Test("randomness that fails between TLS and the upgrade ends the connection")
  func entropyForTheNonce() throws {
    let rig = try NodeRig()
    rig.run(for: 1_000) { rig.state == .securing }
    rig.board.entropyError = .unavailable(code: 7)
    rig.run(for: 1_000) { !rig.wantsTransport }
    #expect(rig.state == .waitingToRetry(.transportFailed(.retry)))
    #expect(rig.wire.phase == .closed)
    rig.board.entropyError = nil
    try rig.join()
  }

  @Test(
    "a socket that cannot be opened is tried again with backoff",
    arguments: [
      SocketError.outOfResources(code: 24), .unreachable(code: 101), .nameNotFound(code: 1), .failed(code: 5),
    ])
  func openErrors(error: SocketError) throws {
    let rig = try NodeRig()
    rig.wire.openError = error
    rig.run(for: 300_000)
    #expect(rig.wire.opens.count > 8 && rig.wire.opens.count < 60)
    rig.wire.openError = nil
    try rig.join(within: 61_000)
  }

  @Test("a host name that can never be opened is tried seldom")
  func invalidHost() throws {
    let rig = try NodeRig()
    rig.wire.openError = .invalidHost(byteCount: 300)
    rig.run(for: 1_000_000)
    #expect(rig.wire.opens.count == 4)
    #expect(rig.board.shown.last == .stopped)
  }

  @Test("bug: of failures that repeat at once only the first was in the log")
  func everyFailureIsLogged() throws {
    let rig = try NodeRig()
    rig.wire.openError = .outOfResources(code: 24)
    rig.run(for: 300_000)
    let failures = rig.board.lines.filter { $0.hasPrefix("no socket, port or memory left (code 24); next try in ") }
    #expect(failures.count == rig.wire.opens.count)
  }

  @Test(
    "a connection that is refused, reset or times out is told in words",
    arguments: [
      (SocketError.refused, "connection refused: nothing listens there; next try in "),
      (.timedOut, "server did not answer; next try in "), (.reset, "connection reset; next try in "),
    ])
  func statusErrors(error: SocketError, words: String) throws {
    let rig = try NodeRig()
    rig.wire.statusError = error
    rig.run(for: 1_000)
    #expect(rig.board.lines.contains { $0.hasPrefix(words) })
    rig.wire.statusError = nil
    try rig.join()
  }

  @Test("the boot is counted in the key-value store")
  func bootCount() throws {
    let first = try NodeRig()
    #expect(first.node.bootCount == 1)
    #expect(first.board.stored["boot"] == [0, 0, 0, 1])
    let second = try NodeRig { $0.stored["boot"] = [0, 1, 0, 255] }
    #expect(second.node.bootCount == 65_792)
    #expect(second.board.stored["boot"] == [0, 1, 1, 0])
    try second.join()
    #expect(second.relay.allMessages.first?.contains("\"boot\":65792,") == true)
  }

  @Test("a store that fails, or holds something else, does not stop the node", arguments: 0..<4)
  func storeFails(fault: Int) throws {
    let rig = try NodeRig { board in
      switch fault {
      case 0: board.readError = .failed(code: 3)
      case 1: board.storeError = .full
      case 2: board.stored["boot"] = [1, 2, 3, 4, 5, 6]
      default: board.stored["boot"] = [9]
      }
    }
    #expect(rig.node.bootCount >= 0x8000_0000, "no number that counting comes to")
    #expect(
      rig.board.lines == ["the boot number could not be read or stored; a random one takes its place"])
    try rig.join()
  }

  @Test("without a store and without randomness the boot number is of the time")
  func bootCountOfTheTime() throws {
    let numbers = try [0, 1].map { minutes in
      try NodeRig { board in
        board.storeError = .full
        board.entropyError = .unavailable(code: 7)
        board.time.now += UInt64(minutes) * 60_000
      }.node.bootCount
    }
    #expect(numbers[0] != numbers[1])
    #expect(numbers.allSatisfy { $0 >= 0x8000_0000 })
  }

  @Test("the last boot number there is does not end in zero")
  func bootCountWraps() throws {
    let rig = try NodeRig { $0.stored["boot"] = [255, 255, 255, 255] }
    #expect(rig.node.bootCount >= 1)
  }

  @Test("a sensor that fails and recovers: said once, the lamp shows it, readings go on")
  func sensor() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    try rig.join()
    rig.run(for: 2_500)
    rig.board.clearLog()
    rig.sensor.error = .notAcknowledged(address: 0x70)
    rig.run(for: 10_000)
    #expect(
      rig.board.lines == ["sensor: no answer from a sensor at I2C address 0x70; trying again at the next reading"])
    #expect(rig.board.shown.last == .sensorFault)
    #expect(rig.statistics.sensorErrors == 10)
    let before = rig.sequences.count
    rig.sensor.error = nil
    rig.run(for: 5_000)
    #expect(rig.board.shown.last == .joined)
    // Readings that could not be measured use up no number.
    #expect(rig.sequences == Array(0..<before + 5))
    rig.sensor.error = .busStuck
    rig.run(for: 1_000)
    #expect(rig.board.lines.last?.hasPrefix("sensor: I2C bus stuck") == true)
  }

  @Test("a link that is away for a moment: the connection outlives it, each reading comes once")
  func link() throws {
    let rig = try NodeRig(configuration: configuration(every: 5_000))
    try rig.join()
    for _ in 0..<5 {
      rig.run(for: 12_000)
      rig.setLink(.down)
      rig.run(for: 20_000)
      rig.setLink(.acquiringAddress)
      rig.run(for: 5_000)
      #expect(rig.board.shown.last == .waitingForNetwork)
      rig.setLink(.up)
      rig.run(for: 1_000)
      #expect(rig.state == .joined)
      #expect(rig.board.shown.last == .joined)
    }
    #expect(rig.relay.acceptedCount == 1)
    #expect(rig.statistics.lostConnections == 0)
    #expect(rig.sequences == Array(0..<Int(rig.statistics.published)))
    #expect(
      rig.board.lines.suffix(3) == [
        "no network link; going on as soon as there is one",
        "network link, but no address from DHCP; going on as soon as there is one", "the network is there",
      ])
  }

  @Test("a link that is away for longer than the connection lives: each reading comes once")
  func linkAwayForLong() throws {
    let rig = try NodeRig(configuration: configuration(every: 5_000))
    try rig.join()
    rig.run(for: 1_000)
    rig.setLink(.down)
    rig.run(for: 90_000)
    #expect(rig.wire.phase == .closed)
    #expect(rig.statistics.lostConnections == 1)
    rig.setLink(.up)
    rig.run(for: 1_000)
    #expect(rig.state == .joined)
    rig.run(for: 25_000)
    rig.expectDeliveredOnce()
  }

  @Test("bug: with the link back, the node waited for the end of a backoff of up to a minute")
  func linkReturnsDuringBackoff() throws {
    let rig = try NodeRig()
    rig.wire.openError = .nameNotFound(code: 1)
    rig.run(for: 600_000) { rig.node.client.session.deadlineMilliseconds > rig.time.now + 30_000 }
    rig.setLink(.down)
    rig.run(for: 15_000)
    rig.wire.openError = nil
    try #require(rig.node.client.session.deadlineMilliseconds > rig.time.now + 10_000, "a long wait")
    rig.setLink(.up)
    rig.run(for: UInt64(Timeouts().linkPollMilliseconds))
    #expect(rig.state == .joined)
  }

  @Test("a link that comes back does not shorten the wait after a refusal")
  func linkReturnsAfterRefusal() throws {
    let rig = try NodeRig()
    rig.wire.openError = .invalidHost(byteCount: 300)
    rig.run(for: 1_000)
    rig.setLink(.down)
    rig.run(for: 1_000)
    rig.setLink(.up)
    rig.run(for: 10_000)
    #expect(rig.wire.opens.count == 1)
  }

  @Test("the first reading says why the board started, the others do not")
  func resetReason() throws {
    var configuration = configuration(every: 1_000)
    configuration.resetReason = "watchdog"
    let rig = try NodeRig(configuration: configuration)
    rig.sensor.error = .failed(code: 5)
    rig.run(for: 2_500)
    rig.sensor.error = nil
    rig.run(for: 3_000)
    #expect(rig.relay.allMessages.count == 3)
    #expect(rig.relay.allMessages.map { $0.hasSuffix("\"reset\":\"watchdog\"}") } == [true, false, false])
    #expect(rig.relay.allMessages.map { $0.contains("reset") } == [true, false, false])
  }

  @Test("a server's certificate for another name is refused, in words, for long")
  func wrongName() throws {
    let authority = try #require(TestCertificates.shared)
    var other = try TestCertificates(from: 946_684_800, to: 4_102_444_800)
    other = TestCertificates(authority: authority.authority, chain: other.chain, key: other.key)
    let rig = try NodeRig(certificates: other)
    rig.run(for: 2_000)
    #expect(rig.node.client.lastFailure == .tls(.certificateFromUnknownAuthority))
    #expect(rig.board.log.last?.level == .error)
    #expect(rig.board.lines.last?.contains("; next try in 300.0 s") == true)
    #expect(rig.board.shown.last == .stopped)
  }
}
