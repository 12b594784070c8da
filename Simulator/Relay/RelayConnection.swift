import Bytes
import Glibc
import HAL
import WebSocket

/// Times and sizes that a client of the relay cannot exceed.
public struct RelayLimits: Sendable {
  /// From accept(2) to the end of the TLS handshake.
  public var handshakeTimeoutMilliseconds: UInt64 = 10_000
  /// From there to the end of the HTTP request, which is also limited to 8 KiB.
  public var upgradeTimeoutMilliseconds: UInt64 = 10_000
  /// From the decision to end to the last byte taken by the client, and from FIN to the client's FIN.
  public var lingerTimeoutMilliseconds: UInt64 = 5_000
  /// Payload of one frame.
  public var framePayloadByteCountMax: UInt64 = 16 << 20
  /// Payload of all frames of a message together.
  public var messageByteCountMax: UInt64 = 64 << 20
  /// Reads from one connection before others get their turn.
  public var readCountPerTurn = 4

  /// The sizes of the server, and times for clients on any network.
  public init() {}
}

/// One connection to the relay, from accept(2) to the end: TLS, upgrade, frames in, frames out.
final class RelayConnection {
  private enum Phase {
    /// TLS handshake.
    case securing
    /// Waiting for the HTTP request.
    case upgrading
    /// Frames.
    case open(RelayMember)
    /// Nothing more to say; waiting for the client to leave.
    case leaving
    case closed
  }

  let tag: Int
  /// Where the descriptor stands in this turn.
  var slot: LoopInterests.Slot?
  /// When to give up waiting for the client, if it is waited for.
  private(set) var deadlineMilliseconds: UInt64?
  /// Whether more can be read although poll(2) may not say so.
  private(set) var hasMoreToRead = false
  /// Why the connection ended, for the log.
  private(set) var endText = ""

  private var phase = Phase.securing
  private let transport: any RelayTransport
  private let core: RelayCore
  private let limits: RelayLimits
  private let lingerMilliseconds: UInt64
  private var request = ServerHandshake()
  private var reader = FrameReader(role: .server)
  private var frame = FrameHeader(isFinal: true, opcode: .binary, maskingKey: nil, payloadLength: 0)
  private var message: [UInt8] = []
  private var messageKind = MessageKind.binary
  private var control: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var outgoingOffset = 0

  init(
    tag: Int, transport: any RelayTransport, core: RelayCore, limits: RelayLimits = RelayLimits(),
    nowMilliseconds now: UInt64
  ) {
    self.limits = limits
    self.tag = tag
    self.transport = transport
    self.core = core
    lingerMilliseconds = core.configuration.pingIntervalMilliseconds
    deadlineMilliseconds = now + limits.handshakeTimeoutMilliseconds
  }

  var isClosed: Bool { if case .closed = phase { true } else { false } }

  /// The member's name once it has joined.
  var memberName: String? { if case .open(let member) = phase { member.name } else { nil } }

  func addInterests(to interests: inout LoopInterests) {
    slot = nil
    guard let descriptor = transport.fileDescriptor, !isClosed else { return }
    let writes = transport.wantsToWrite || outgoingOffset < outgoing.count
    slot = interests.add(descriptor, reading: true, writing: writes)
    interests.wake(atMilliseconds: deadlineMilliseconds)
    if hasMoreToRead { interests.wake(atMilliseconds: 0) }
  }

  /// Does what there is to do. `scratch` is memory for one read, shared by all connections.
  func advance(scratch: inout [UInt8], nowMilliseconds now: UInt64) {
    do {
      if case .securing = phase, try transport.handshake() {
        phase = .upgrading
        deadlineMilliseconds = now + limits.upgradeTimeoutMilliseconds
      }
      if case .securing = phase { hasMoreToRead = false } else { try readSome(&scratch, now) }
      // With output pending, the session may wait for that; poll(2) tells when it can go on.
      if transport.hasBufferedInput && !transport.wantsToWrite { hasMoreToRead = true }
      try send(now)
      if let deadline = deadlineMilliseconds, deadline <= now { close(timeoutText) }
    } catch {
      close(error.text)
    }
  }

  /// Sends what waits, and then ends the connection if it is to end.
  func pump(nowMilliseconds now: UInt64) {
    do { try send(now) } catch { close(error.text) }
  }

  func close(_ text: String) {
    if case .closed = phase { return }
    if case .open(let member) = phase { core.disconnect(member) }
    phase = .closed
    if endText.isEmpty { endText = text }
    hasMoreToRead = false
    transport.close()
  }

  private var timeoutText: String {
    switch phase {
    case .securing: "no TLS handshake within \(limits.handshakeTimeoutMilliseconds) ms"
    case .upgrading: "no HTTP request within \(limits.upgradeTimeoutMilliseconds) ms"
    case .open, .leaving, .closed: "client did not take the end"
    }
  }

  // MARK: In

  private func readSome(_ scratch: inout [UInt8], _ now: UInt64) throws(TransportFailure) {
    hasMoreToRead = false
    for _ in 0..<limits.readCountPerTurn {
      var space = scratch.mutableSpan
      switch try transport.read(into: &space) {
      case .wouldBlock: return
      case .end: return close("ended by the client")
      case .bytes(let count):
        var input = space._mutatingExtracting(first: count)
        var position = 0
        if case .upgrading = phase { try upgrade(input.span, &position, now) }
        if case .open(let member) = phase { readFrames(&input, &position, member, now) }
      }
      if isClosed { return }
    }
    hasMoreToRead = true
  }

  private func upgrade(_ input: Span<UInt8>, _ position: inout Int, _ now: UInt64) throws(TransportFailure) {
    do throws(HandshakeError) {
      guard try request.receive(input, position: &position) else { return }
    } catch {
      return try refuse(error.refusalStatus, "HTTP request refused: \(describing(error.describe(to:)))", now)
    }
    guard request.subprotocolCount == 1, request.firstSubprotocol == Self.subprotocol else {
      let count = request.subprotocolCount
      let what = count == 1 ? quoted(request.firstSubprotocol) : "\(count) of them"
      return try refuse(400, "expected the subprotocol \(Self.subprotocol) and no other, got \(what)", now)
    }
    (outgoing, outgoingOffset) = (request.response, 0)
    deadlineMilliseconds = nil
    phase = .open(core.connect(tag: tag, nowMilliseconds: now))
  }

  private static let subprotocol = "mles-websocket"

  private func refuse(_ status: UInt16, _ text: String, _ now: UInt64) throws(TransportFailure) {
    (outgoing, outgoingOffset) = (ServerHandshake.refusal(status: status), 0)
    endText = "\(text) (HTTP \(status))"
    phase = .leaving
    deadlineMilliseconds = now + limits.lingerTimeoutMilliseconds
    // One small answer on a fresh connection: the kernel has room for it.
    try send(now)
    transport.finishWriting()
  }

  private func readFrames(
    _ input: inout MutableSpan<UInt8>, _ position: inout Int, _ member: RelayMember, _ now: UInt64
  ) {
    do throws(ProtocolError) {
      // After a bad header or an error nothing is read any more, only taken off the connection.
      while member.isListening, let event = try reader.next(&input, position: &position) {
        switch event {
        case .header(let header, let kind): begin(header, kind, member)
        case .payload(let range, _, let isLast):
          collect(input.span.extracting(range))
          if isLast { finishFrame(member, now) }
        }
      }
    } catch {
      violated(error, member)
    }
  }

  private func violated(_ error: ProtocolError, _ member: RelayMember) {
    core.receiveProtocolError(describing(error.describe(to:)), from: member)
  }

  private func begin(_ header: FrameHeader, _ kind: MessageKind?, _ member: RelayMember) {
    frame = header
    control.removeAll(keepingCapacity: true)
    guard let kind else {
      let isBad = header.opcode == .close && header.payloadLength == 1
      return isBad ? violated(.truncatedCloseCode, member) : ()
    }
    if header.opcode != .continuation { message = [] }
    messageKind = kind
    guard header.payloadLength <= limits.framePayloadByteCountMax else {
      let text = "expected frames of at most \(limits.framePayloadByteCountMax) bytes, got \(header.payloadLength)"
      return core.receiveProtocolError(text, from: member)
    }
    guard UInt64(message.count) + header.payloadLength <= limits.messageByteCountMax else {
      core.receiveProtocolError("expected messages of at most \(limits.messageByteCountMax) bytes", from: member)
      return
    }
  }

  private func collect(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { bytes in
      if frame.opcode.isControl { control += bytes } else { message += bytes }
    }
  }

  private func finishFrame(_ member: RelayMember, _ now: UInt64) {
    switch frame.opcode {
    case .ping: core.receivePing(control, from: member, nowMilliseconds: now)
    case .pong: core.receivePong(from: member, nowMilliseconds: now)
    case .close:
      do throws(ProtocolError) {
        try ClosePayload.check(control)
        core.receiveClose(from: member)
      } catch { violated(error, member) }
    case .text, .binary, .continuation:
      guard frame.isFinal else { return }
      core.receive(messageKind, message, from: member, nowMilliseconds: now)
      message = []
    }
  }

  // MARK: Out

  private func send(_ now: UInt64) throws(TransportFailure) {
    if case .securing = phase { return }
    var isRoomLeft = true
    while isRoomLeft, takeFrame() {
      let bytes = outgoing
      let count = try transport.write(bytes.span.extracting(outgoingOffset..<bytes.count))
      outgoingOffset += count
      isRoomLeft = count > 0
    }
    let isSent = try transport.flush() && outgoingOffset == outgoing.count
    if case .open(let member) = phase, let ending = member.ending { end(ending, isSent: isSent, member, now) }
  }

  /// Whether there is something to write; takes the next frame when the last one is written.
  private func takeFrame() -> Bool {
    if outgoingOffset < outgoing.count { return true }
    guard case .open(let member) = phase, let next = member.nextFrame() else { return false }
    (outgoing, outgoingOffset) = (next.wire, 0)
    return !outgoing.isEmpty
  }

  private func end(_ ending: RelayEnding, isSent: Bool, _ member: RelayMember, _ now: UInt64) {
    endText = ending.reason.description
    if case .drop = ending { return close(endText) }
    guard isSent, !member.hasFrames else {
      deadlineMilliseconds = deadlineMilliseconds ?? now + limits.lingerTimeoutMilliseconds
      return
    }
    core.disconnect(member)
    phase = .leaving
    if case .linger = ending {
      deadlineMilliseconds = now + lingerMilliseconds
    } else {
      deadlineMilliseconds = now + limits.lingerTimeoutMilliseconds
      transport.finishWriting()
    }
  }
}
