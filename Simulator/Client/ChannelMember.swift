import Bytes
import Device
import HAL
import Mles
import TLS
import WebSocket

/// A message as a member of a channel got it, whole.
struct ReceivedMessage {
  /// Text or binary.
  var kind: MessageKind
  /// Its bytes.
  var bytes: [UInt8]
  /// The member whose join header this is, when it is one (the server stores them in the history).
  var joinedUID: String?
}

/// A client of one channel in the event loop: `tail`, `send`, and the subscriber of a local run. The same session, TLS
/// and outbox as a board's, with more memory.
final class ChannelMember: LoopParticipant {
  /// The largest message put together, in bytes; a server's limit is 64 MiB. A larger one is counted and left out.
  static let messageByteCountMax = 64 << 20
  /// Events handled in one turn of the loop.
  static let eventsPerTurn = 256
  /// The longest message that can be sent, in bytes.
  static let sendByteCountMax = 65_536

  /// Called for each message, once: what the server replays after a reconnect is left out, and so is a reading that its
  /// board has sent again because it could not know that it had arrived.
  var onMessage: (ReceivedMessage) -> Void = { _ in }
  /// Called when readings of a board are found to be missing.
  var onGap: (ReadingGap) -> Void = { _ in }
  /// Called when the session's state has changed.
  var onState: (SessionState) -> Void = { _ in }
  /// Called before each turn, to fill the outbox.
  var onTurn: () -> Void = {}

  /// Messages to be sent.
  private(set) var outbox = Outbox<131_072, 1024>(policy: .letGoOfSent, messagesAreUnique: false)
  private var client: ChannelClient<LinuxSocket, ClientTLSSession, 65_536, 65_600>
  private var entropy = LinuxEntropy()
  private var filter = DefaultHistoryFilter()
  /// Which readings came: each is handed on once, also when its board had to send it again.
  private(set) var tracker = DeliveryTracker()
  /// The connection whose replay the filter knows of.
  private var replayAttempt: UInt32 = 0
  private var parts: [UInt8] = []
  private let channel: [UInt8]
  private var shownState = SessionState.idle
  private var slot: LoopInterests.Slot?
  /// Messages left out because they were too large.
  private(set) var oversizeCount = 0

  /// A member that connects in the loop's first turn.
  init(server: ServerURL, identity: ChannelIdentity, configuration: consuming TLSConfiguration) throws(UsageError) {
    channel = Array(identity.channel)
    var header = InlineArray<1024, UInt8>(repeating: 0)
    var writer = ByteWriter(header.mutableSpan)
    identity.writeJoinHeader(to: &writer)
    let headerCount = min(writer.requiredCount, header.count)
    filter.noteHeader(header.span.extracting(0..<headerCount))
    client = ChannelClient(
      endpoint: try server.endpoint(), session: Session(identity: identity), socket: LinuxSocket(),
      configuration: configuration)
  }

  /// Where the session stands.
  var state: SessionState { client.session.state }

  /// Why the last connection failed, in words.
  func failureText(_ end: SessionEnd) -> String {
    describing { client.describe(end, to: &$0) }
  }

  /// Milliseconds until the next try.
  func retryMilliseconds(_ now: UInt64) -> UInt64 {
    client.session.deadlineMilliseconds > now ? client.session.deadlineMilliseconds - now : 0
  }

  /// Queues a message; false when the outbox has no room now. Nothing is let go of for it before the join is confirmed: a
  /// refusal would have lost that.
  func send(_ bytes: [UInt8], kind: MessageKind) -> Bool {
    guard client.session.phase == .joined || outbox.fits(bytes.count) else { return false }
    guard (try? outbox.append(bytes.span, kind: kind)) != nil else { return false }
    return true
  }

  /// Leaves the channel when everything queued was sent, so that the server's answer proves that it was read. Once that is
  /// so `outbox` is empty, and the state becomes `stopped`.
  func leaveWhenSent() { client.leavesWhenSent = true }

  /// Leaves the channel; the state becomes `stopped`.
  func leave() {
    client.leave(nowMilliseconds: LinuxClock().monotonicMilliseconds())
  }

  func addInterests(to interests: inout LoopInterests) {
    onTurn()
    slot = nil
    if client.session.isStartDue(nowMilliseconds: 0) || client.hasMoreInput || canSendNow {
      interests.wake(atMilliseconds: 0)
    }
    if let descriptor = client.socket.pollDescriptor {
      slot = interests.add(
        descriptor, reading: !client.socket.pollsForWriting,
        writing: client.socket.pollsForWriting || client.hasPendingOutput)
    }
    interests.wake(atMilliseconds: client.session.deadlineMilliseconds)
    interests.wake(atMilliseconds: client.socket.nextDeadlineMilliseconds)
  }

  private var canSendNow: Bool {
    guard client.session.canSend, !client.session.hasOutput, !client.hasPendingOutput else { return false }
    return outbox.hasNext || (client.leavesWhenSent && client.session.phase == .joined && outbox.isAllSent)
  }

  func serve(_ ready: LoopInterests, nowMilliseconds now: UInt64) {
    _ = client.startIfDue(entropy: &entropy, nowMilliseconds: now)
    for _ in 0..<Self.eventsPerTurn {
      guard let event = client.next(&outbox, entropy: &entropy, nowMilliseconds: now) else { break }
      take(event, now)
    }
    beginReplay(now)
    guard state != shownState else { return }
    shownState = state
    onState(state)
  }

  private func take(_ event: Session<65_536, 65_600>.Event, _ now: UInt64) {
    switch event {
    case .ping, .serverPing: break
    case .message(let kind): deliver(kind, Array(client.message), now)
    case .chunk:
      let chunk = client.session.chunk
      if chunk.offset == 0 { parts = [] }
      let total = chunk.offset + UInt64(client.message.count)
      if total <= UInt64(Self.messageByteCountMax) { parts += Array(client.message) }
      guard chunk.isFinal else { return }
      if UInt64(parts.count) == total { deliver(chunk.kind, parts, now) } else { oversizeCount += 1 }
      parts = []
    }
  }

  /// Tells the filter that a replay begins, once for each connection that has sent its join header.
  private func beginReplay(_ now: UInt64) {
    guard client.session.canSend, replayAttempt != client.session.attemptCount else { return }
    replayAttempt = client.session.attemptCount
    filter.beginReplay(nowMilliseconds: now)
  }

  private func deliver(_ kind: MessageKind, _ bytes: [UInt8], _ now: UInt64) {
    beginReplay(now)
    guard !filter.isDuplicate(bytes.span, nowMilliseconds: now) else { return }
    if kind == .text, let reading = ParsedReading(bytes.span) {
      let arrival = tracker.note(reading)
      if let gap = arrival.gap { onGap(gap) }
      if arrival.isRepeated { return }
    }
    onMessage(ReceivedMessage(kind: kind, bytes: bytes, joinedUID: kind == .text ? joinedUID(bytes) : nil))
  }

  private func joinedUID(_ bytes: [UInt8]) -> String? {
    guard bytes.first == 0x7B else { return nil }
    var storage = [UInt8](repeating: 0, count: bytes.count)
    var span = storage.mutableSpan
    guard let fields = try? JoinHeader.parse(bytes.span, into: &span) else { return nil }
    guard channel == Array(storage[fields.channel]) else { return nil }
    return String(decoding: storage[fields.uid], as: UTF8.self)
  }
}
