import Bytes
import Mles
import WebSocket

// Input: a program of everything that can happen to a channel session, in any order and at any time: steps of the
// transport, bytes from the server, messages to send, deadlines that are kept, missed or far exceeded.

func fuzz(_ input: [UInt8]) {
  let whole = Life.live(input, isCut: false)
  // What the server sends byte by byte: nothing may be different.
  let cut = Life.live(input, isCut: true)
  for (one, other) in zip(whole, cut) { requireEqual(other, one, "the same life with bytes one by one") }
  require(whole.count == cut.count, "\(cut.count) steps with bytes one by one, else \(whole.count)")
}

/// What can be seen of a session after a step, and what it gave.
private struct Sight: Equatable {
  var state: SessionState
  var deadline: UInt64
  /// How much, for each call takes other random numbers for its masking keys.
  var outputBytes: Int
  var received: [Received] = []
}

private enum Received: Equatable {
  case message(MessageKind, [UInt8])
  case chunk(MessageChunk, [UInt8])
  case ping
  case serverPing
}

/// The answer to the upgrade request of `Life`, whose nonce is the one of RFC 6455, section 1.3.
private let upgraded = Array(
  ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    + "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: mles-websocket\r\n\r\n").utf8)

/// The request that belongs to it.
private let request = Array(
  ("GET / HTTP/1.1\r\nHost: mles.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Protocol: mles-websocket\r\n\r\n").utf8)

private let nonce: InlineArray<16, UInt8> = {
  var nonce = InlineArray<16, UInt8>(repeating: 0)
  for (index, byte) in "the sample nonce".utf8.enumerated() { nonce[index] = byte }
  return nonce
}()

private let identity: ChannelIdentity = {
  let (uid, channel) = (Array("alice".utf8), Array("example".utf8))
  guard let identity = try? ChannelIdentity(uid: uid.span, channel: channel.span, key: nil) else {
    violated("no identity")
  }
  return identity
}()

/// Without jitter, so that a life does not depend on how many random numbers were taken.
private let steadyBackoff = Backoff(
  BackoffParameters(baseMilliseconds: 700, capMilliseconds: 700, minimumMilliseconds: 700))

/// A session that receives into 40 bytes and sends from 300, and its clock.
private struct Life: ~Copyable {
  private var session = Session<40, 300>(
    identity: identity, backoff: steadyBackoff, oversize: .stream(maximumBytes: 5000))
  private var program: Program
  private let isCut: Bool
  private var now: UInt64 = 1000
  private var received: [Received] = []
  /// What the session has sent on this connection, and the messages that it has accepted there.
  private var written: [UInt8] = []
  private var accepted: [[UInt8]] = []
  private var lastEnd = SessionEnd.left

  private init(_ input: [UInt8], isCut: Bool) {
    program = Program(input)
    self.isCut = isCut
  }

  static func live(_ input: [UInt8], isCut: Bool) -> [Sight] {
    var life = Life(input, isCut: isCut)
    var sights: [Sight] = []
    while !life.program.isAtEnd, sights.count < 100 {
      life.received = []
      let operation = life.program.byte()
      life.step(operation)
      life.requireInvariants()
      sights.append(
        Sight(
          state: life.session.state, deadline: life.session.deadlineMilliseconds,
          outputBytes: life.session.output.count, received: life.received))
    }
    life.requireLegal()
    life.requireRest()
    return sights
  }

  private mutating func step(_ operation: UInt8) {
    switch operation & 15 {
    case 0:
      requireLegal()
      if session.isStartDue(nowMilliseconds: now) { (written, accepted) = ([], []) }
      session.start(seed: (UInt64(operation), 7), nowMilliseconds: now)
    case 1: session.transportIsConnecting(nowMilliseconds: now)
    case 2: session.transportIsSecuring(nowMilliseconds: now)
    case 3: open()
    case 4, 5: receive(program.bytes(Int(program.byte()) % 64))
    case 6: receive(upgraded)
    case 7: receive(serverFrame())
    case 8: take(Int(program.byte()))
    case 9: send()
    case 10: session.poll(nowMilliseconds: now)
    case 11:
      now = max(now, min(session.deadlineMilliseconds, now + 1_000_000))
      session.poll(nowMilliseconds: now)
      requireProgress()
    case 12: now += UInt64(program.word()) * (operation & 0x80 == 0 ? 1 : 20)
    case 13: end(operation)
    case 14 where operation & 0x70 == 0x70: session.leave(nowMilliseconds: now)
    case 14: session.retryNow(nowMilliseconds: now)
    default: join()
    }
  }

  /// All of a connection up to the join header.
  private mutating func join() {
    now = max(now, min(session.deadlineMilliseconds, now + 1_000_000))
    step(0)
    for operation in [1, 2, 3] as [UInt8] { step(operation) }
    take(.max)
    receive(upgraded)
    take(.max)
  }

  private mutating func open() {
    let (host, target) = (Array("mles.example".utf8), Array("/".utf8))
    session.transportIsOpen(host: host.span, port: 443, target: target.span, nonce: nonce, nowMilliseconds: now)
  }

  private mutating func end(_ operation: UInt8) {
    let failures: [FailureKind?] = [nil, .retry, .ghost, .permanent]
    session.transportEnded(failures[Int(operation >> 4) & 3], nowMilliseconds: now)
  }

  /// A frame that a server may send.
  private mutating func serverFrame() -> [UInt8] {
    let kind = program.byte()
    let opcode: UInt8 = [1, 2, 9, 10, 8, 0][Int(kind) % 6]
    let payload = program.bytes(Int(program.byte()) % 126)
    return [(kind & 0x40 == 0 ? 0x80 : 0) | opcode, UInt8(payload.count)] + payload
  }

  private mutating func receive(_ bytes: [UInt8]) {
    var memory = bytes
    let before = received.count
    for piece in (isCut ? Cut.everywhere : .none).pieces(of: bytes) {
      var all = memory.mutableSpan
      var input = all._mutatingExtracting(piece)
      var position = 0
      while let event = session.receive(&input, position: &position, nowMilliseconds: now) {
        switch event {
        case .message(let kind): received.append(.message(kind, array(session.message)))
        case .chunk: received.append(.chunk(session.chunk, array(session.message)))
        case .ping: received.append(.ping)
        case .serverPing: received.append(.serverPing)
        }
        require(session.message.count <= 40, "\(session.message.count) bytes in a memory of 40")
        require(received.count - before <= bytes.count, "\(received.count - before) events of \(bytes.count) bytes")
      }
      require(position == input.count, "\(input.count - position) bytes unread")
    }
  }

  private mutating func take(_ limit: Int) {
    let bytes = Array(array(session.output).prefix(limit))
    if session.wantsTransport { written += bytes }
    session.consumeOutput(bytes.count, nowMilliseconds: now)
  }

  private mutating func send() {
    let message = program.bytes(Int(program.byte()) % 128)
    let couldSend = session.canSend
    if session.send(message.span, kind: .binary, nowMilliseconds: now) {
      require(couldSend, "a message accepted in \(session.state)")
      accepted.append(message)
    }
  }

  // MARK: What must hold

  private mutating func requireInvariants() {
    require(session.output.count <= 300, "\(session.output.count) bytes of output")
    require(session.joinCount <= session.attemptCount, "\(session.joinCount) joins of \(session.attemptCount)")
    if session.phase.isWithin(.resolving, .securing) { require(!session.hasOutput, "output without a transport") }
    require(!session.canSend || session.wantsTransport, "can send without a transport")
    require(session.phase == .stopped || session.deadlineMilliseconds < now + 1_000_000, "a deadline in the far future")
    if session.end != lastEnd { requireWords(session.end) }
    lastEnd = session.end
  }

  private func requireWords(_ end: SessionEnd) {
    var memory = [UInt8](repeating: 0, count: 200)
    var writer = ByteWriter(memory.mutableSpan)
    end.describe(to: &writer)
    require(!writer.hasOverflowed, "\(end): more than 200 bytes")
  }

  /// A driver that polls at each deadline does not spin: the next is later, or a connection is to be started.
  private func requireProgress() {
    guard !session.isStartDue(nowMilliseconds: now) else { return }
    require(session.deadlineMilliseconds > now, "at \(now) in \(session.state): to be polled at once again")
  }

  /// What was written is what a server must accept: the request, the join header, the messages in order.
  private mutating func requireLegal() {
    require(written.starts(with: request.prefix(written.count)), "another request than expected")
    var frames = Array(written.dropFirst(request.count))
    var due = accepted[...]
    var isFirst = true
    while let frame = WireFrame.take(from: &frames) {
      require(frame.isFinal && frame.maskingKey != nil, "a frame in fragments or unmasked")
      switch frame.opcode {
      case 1: require(isFirst && frame.text.hasPrefix(#"{"uid":"alice","#), "text that is no header: \(frame.text)")
      case 2:
        require(!isFirst, "a message before the header")
        guard let message = due.popFirst(), message == frame.payload else { violated("a message out of order") }
      case 8: require(frames.isEmpty, "something behind a Close")
      case 10: break
      default: violated("a frame with opcode \(frame.opcode)")
      }
      // Before the join header goes nothing: a Pong as the first frame would be a refusal.
      require(!isFirst || frame.opcode == 1, "the first frame has opcode \(frame.opcode)")
      isFirst = false
    }
  }

  /// Left alone, it comes to rest: waiting for the next try, or stopped.
  private mutating func requireRest() {
    var polls = 0
    while session.wantsTransport {
      require(polls < 4, "no end in \(session.state)")
      now = max(now, session.deadlineMilliseconds)
      session.poll(nowMilliseconds: now)
      polls += 1
    }
    require(session.phase != .waitingToRetry || session.deadlineMilliseconds <= now + 300_000, "no next try")
  }
}

private func array(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
