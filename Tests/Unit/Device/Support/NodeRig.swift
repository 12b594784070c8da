import Bytes
import Device
import HAL
import Mles
import TLS
import Testing

/// A node on a fake board, a wire and a model of the server, and a driver that does what `NodeWait` says and no more.
final class NodeRig {
  let time = VirtualTime()
  let wire: Wire
  let relay: ModelRelay
  let board: BoardState
  let sensor = SensorScript()
  var node: Node<FakeSocket, ClientTLSSession, FakeSensor, FakeSystem>
  private(set) var steps = 0
  /// Steps without a reason: the deadline had passed before the step before, and the socket was not ready.
  private(set) var longestBurst = 0
  private(set) var wait = NodeWait(deadlineMilliseconds: 0)

  init(
    uid: String = "board-1", channel: String = "weather", configuration: NodeConfiguration = NodeConfiguration(),
    timeouts: Timeouts = Timeouts(), certificates: TestCertificates? = TestCertificates.shared,
    setUp: (BoardState) -> Void = { _ in }
  ) throws {
    let certificates = try #require(certificates)
    wire = Wire(time: time)
    board = BoardState(time: time)
    setUp(board)
    relay = try ModelRelay(wire: wire, certificates: certificates)
    var trust = try TLSConfiguration.client()
    try trust.addAuthorities(certificates.authority.span)
    let endpoint = try Endpoint(host: Array("mles.test".utf8).span, target: Array("/".utf8).span)
    let identity = try ChannelIdentity(uid: Array(uid.utf8).span, channel: Array(channel.utf8).span, key: nil)
    let wire = wire
    node = Node(
      client: ChannelClient(
        endpoint: endpoint, session: NodeSession(identity: identity, timeouts: timeouts),
        socket: FakeSocket(wire: wire), configuration: trust.shared()),
      sensor: FakeSensor(script: sensor), system: FakeSystem(state: board), configuration: configuration)
  }

  // MARK: What a test looks at

  var state: SessionState { node.client.session.state }
  var wantsTransport: Bool { node.client.session.wantsTransport }
  var statistics: NodeStatistics { node.statistics }
  var counters: OutboxCounters { node.outbox.counters }
  var keptCount: Int { node.outbox.count }
  var isFinished: Bool { node.isFinished }

  /// The numbers of the readings that the server has, in the order in which they came.
  var sequences: [Int] { relay.allMessages.compactMap(Self.sequence) }

  static func sequence(_ message: String) -> Int? {
    guard let start = message.range(of: "\"seq\":")?.upperBound else { return nil }
    return Int(message[start...].prefix { $0.isNumber })
  }

  /// What must hold of the outbox at any time.
  func expectAccount(sourceLocation: SourceLocation = #_sourceLocation) {
    let counters = counters
    #expect(
      counters.accepted
        == counters.confirmed + counters.droppedQueued + counters.droppedUnconfirmed + UInt64(keptCount),
      sourceLocation: sourceLocation)
    #expect(counters.accepted == UInt64(statistics.published), sourceLocation: sourceLocation)
  }

  /// The server has each reading once, in order; the last ones may be on their way.
  func expectDeliveredOnce(sourceLocation: SourceLocation = #_sourceLocation) {
    let sequences = sequences
    #expect(sequences == Array(0..<sequences.count), sourceLocation: sourceLocation)
    #expect(sequences.count + 1 >= Int(statistics.published), sourceLocation: sourceLocation)
    expectAccount(sourceLocation: sourceLocation)
  }

  // MARK: Driving

  /// Goes on to `end`, stepping only when `NodeWait` asks for it; stops early when `isDone`.
  func run(until end: UInt64, isDone: () -> Bool = { false }) {
    var burst = 0
    while !isDone() {
      while relay.run() {}
      if isReady || wait.deadlineMilliseconds <= time.now {
        burst += 1
        longestBurst = max(longestBurst, burst)
        guard burst < 20_000 else {
          Issue.record("the node asks to be called for ever at \(time.now): \(wait), \(state)")
          return
        }
        step()
        continue
      }
      burst = 0
      let next = min(wait.deadlineMilliseconds, relay.nextMilliseconds, wire.nextMilliseconds)
      guard next <= end else {
        time.now = max(time.now, end)
        return
      }
      time.now = max(time.now + 1, next)
    }
  }

  func run(for milliseconds: UInt64, isDone: () -> Bool = { false }) {
    run(until: time.now + milliseconds, isDone: isDone)
  }

  func step() {
    steps += 1
    wait = node.step()
  }

  private var isReady: Bool { wait.wantsRead && wire.isReadable || wait.wantsWrite && wire.isWritable }

  /// Runs until the session is joined, at most `milliseconds`.
  func join(within milliseconds: UInt64 = 60_000) throws {
    run(for: milliseconds) { state == .joined }
    try #require(state == .joined)
  }

  /// The connection dies without a word; what was on the way is lost.
  func dropSilently() {
    wire.isSilent = true
    wire.lose()
  }

  /// The link goes away, or comes back; what is on the way waits.
  func setLink(_ state: LinkState) {
    board.link = state
    wire.isAway = state != .up
  }

  /// The connection is cut (RST).
  func reset() {
    wire.failure = .reset
    wire.lose()
  }
}

extension String {
  /// The first place of `text` in this.
  func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
