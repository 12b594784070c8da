import Bytes
import Mles
import WebSocket

/// A session with its driver and a clock that a test sets.
final class SessionRig<let receiveCapacity: Int, let sendCapacity: Int> {
  enum Received: Equatable {
    case text(String)
    case binary([UInt8])
    case chunk(MessageChunk, [UInt8])
    case ping
    case serverPing
  }

  var session: Session<receiveCapacity, sendCapacity>
  var server = ServerModel()
  var now: UInt64
  /// What the session said, oldest first.
  var received: [Received] = []
  /// The most bytes given to the session, and taken from it, in one call.
  var pieceBytes = Int.max
  private var connectionCount: UInt64 = 0

  init(
    uid: String = "alice", channel: String = "example", timeouts: Timeouts = Timeouts(),
    oversize: OversizePolicy = .stream(maximumBytes: 64 << 20), now: UInt64 = 1_000_000
  ) throws {
    let identity = try ChannelIdentity(
      uid: Array(uid.utf8).span, channel: Array(channel.utf8).span, key: nil)
    session = Session(identity: identity, timeouts: timeouts, oversize: oversize)
    self.now = now
  }

  // MARK: What a test looks at (`#expect` cannot look into what cannot be copied)

  var state: SessionState { session.state }
  var joinCount: UInt32 { session.joinCount }
  var attemptCount: UInt32 { session.attemptCount }
  var deadline: UInt64 { session.deadlineMilliseconds }
  var hasOutput: Bool { session.hasOutput }
  var canSend: Bool { session.canSend }
  var wantsTransport: Bool { session.wantsTransport }
  func isStartDue(at milliseconds: UInt64) -> Bool { session.isStartDue(nowMilliseconds: milliseconds) }
  /// The time until the session wants to be polled.
  var wait: UInt64 { session.deadlineMilliseconds &- now }

  // MARK: Steps of a connection

  func start(seed: (UInt64, UInt64) = (1, 2)) { session.start(seed: seed, nowMilliseconds: now) }
  func connecting() { session.transportIsConnecting(nowMilliseconds: now) }
  func securing() { session.transportIsSecuring(nowMilliseconds: now) }
  func leave() { session.leave(nowMilliseconds: now) }

  /// A new connection with a new server, up to the sent upgrade request.
  func connect() {
    server = ServerModel()
    connectionCount += 1
    session.start(seed: (connectionCount &* 0x9E37_79B9, 0x1234_5678), nowMilliseconds: now)
    session.transportIsConnecting(nowMilliseconds: now)
    session.transportIsSecuring(nowMilliseconds: now)
    open()
  }

  func open(host: String = "mles.example", target: String = "/ws") {
    session.transportIsOpen(
      host: Array(host.utf8).span, port: 443, target: Array(target.utf8).span,
      nonce: InlineArray(repeating: UInt8(truncatingIfNeeded: connectionCount)), nowMilliseconds: now)
  }

  /// Up to the sent join header.
  func upgrade() {
    connect()
    pump()
  }

  /// Up to the join confirmed by a Ping, 24 s later.
  func join() {
    upgrade()
    now += 24_000
    server.sendPing()
    pump()
  }

  // MARK: Driving

  /// Bytes in both directions, until there are none.
  func pump() {
    for _ in 0..<10_000 {
      let wrote = write()
      let read = deliver()
      if !wrote && !read { return }
    }
  }

  /// Takes up to `limit` bytes from the session to the server.
  @discardableResult
  func write(limit: Int = .max) -> Bool {
    guard session.wantsTransport, limit > 0 else { return false }
    let bytes = Array([UInt8](session.output).prefix(min(limit, pieceBytes)))
    guard !bytes.isEmpty else { return false }
    session.consumeOutput(bytes.count, nowMilliseconds: now)
    server.receive(bytes)
    return true
  }

  /// Gives the session a piece of what the server has sent.
  @discardableResult
  func deliver() -> Bool {
    guard session.wantsTransport, !server.output.isEmpty else { return false }
    let piece = Array(server.output.prefix(pieceBytes))
    server.output.removeFirst(piece.count)
    receive(piece)
    return true
  }

  /// Gives the session these bytes, as a driver has to: until it has no more events.
  func receive(_ bytes: [UInt8]) {
    var input = bytes
    var position = 0
    var span = input.mutableSpan
    while let event = session.receive(&span, position: &position, nowMilliseconds: now) {
      switch event {
      case .message(.text): received.append(.text(String(decoding: [UInt8](session.message), as: UTF8.self)))
      case .message(.binary): received.append(.binary([UInt8](session.message)))
      case .chunk: received.append(.chunk(session.chunk, [UInt8](session.message)))
      case .ping: received.append(.ping)
      case .serverPing: received.append(.serverPing)
      }
    }
  }

  @discardableResult
  func send(_ message: String) -> Bool {
    session.send(Array(message.utf8).span, kind: .text, nowMilliseconds: now)
  }

  /// The transport's end; nil for FIN.
  func end(_ failure: FailureKind? = nil) {
    session.transportEnded(failure, nowMilliseconds: now)
  }

  func poll(after milliseconds: UInt64 = 0) {
    now += milliseconds
    session.poll(nowMilliseconds: now)
  }

  /// Lets time pass up to the next try.
  func waitForRetry() {
    if case .waitingToRetry = session.state { now = max(now, session.deadlineMilliseconds) }
  }
}

typealias NodeSizedRig = SessionRig<1024, 640>
