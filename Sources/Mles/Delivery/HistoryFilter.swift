import Bytes

/// Tells messages that the server replays after a rejoin from new ones, so that each is delivered once.
///
/// After every join the server sends the channel's stored history, oldest first: join headers and messages of all
/// members. Live traffic follows with nothing to mark the change. The filter remembers the hashes of what was delivered
/// lately, in the server's order as far as it is known, and after a rejoin recognises the replay by walking along that
/// list: the *replay phase*. Outside of it every message is new.
///
/// It is for members that only receive: of a client's own messages, which are replayed too, it knows the join header only.
/// What a node sends and whether that has arrived is the business of ``Outbox``.
///
/// What it does in the phase:
/// - A message whose hash is expected is a duplicate, and uses the expectation up: each remembered message suppresses one
///   at most, so payloads that repeat are told apart by order and number. Expected ones behind the walk come first, then
///   those without a known place, then those that were passed over.
/// - A message that is not expected is new. It is remembered where the walk is, which is its place in the server's order:
///   a header of a member that joined while we were online stands in the middle of what we know.
/// - The walk is at its end when the last `runMinimum` messages with a known place were recognised one after the other.
///   The replay has no gap, so what was passed over is no longer in the history, and is forgotten.
/// - The phase ends when nothing is expected any more, or when a message comes and nothing was recognised for the window
///   since the join or the last recognised one. What is then expected is forgotten: the server no longer has it.
///
/// Guaranteed, as long as `capacity` is at least the server's history limit, the replay does not pause longer than the
/// window, and no two messages have the same payload: every message that arrives for the first time is delivered, and none
/// is delivered twice. This holds over any number of reconnects, also in the middle of a replay, and when the history was
/// overrun or lost.
///
/// Where that is not so, it degrades like this:
/// - Equal payloads are interchangeable. When the history was overrun or lost while messages with equal payloads are
///   expected, the first new ones of them are taken for these: one for each that the server forgot, and only in the
///   phase. The walk may then be too far ahead, and what it passed over is delivered again. A payload with a sequence
///   number or a time in it excludes that. Join headers of members that come and go are the common case; what is missed is
///   mostly that one joined once more.
/// - A server with a longer history than that replays what was forgotten here: it is delivered again.
/// - A replay that pauses longer than the window: the rest of it is delivered again.
/// - The first join knows nothing and delivers the whole history. A restart of the device is a first join.
///
/// The hash is SipHash-2-4 of the payload with the zero key, like the reference client's, cut to 62 bits; text and binary
/// are not told apart. A member who builds collisions on purpose can hide only messages sent with these payloads.
public struct HistoryFilter<let capacity: Int>: ~Copyable {
  /// How long the replay may pause before a message counts as live, in milliseconds: many times a slow round trip.
  public static var defaultWindowMilliseconds: UInt32 { 10_000 }
  /// How many messages have to be recognised one after the other, up to the last, for the walk to be at its end. One
  /// could be an equal payload by chance.
  public static var runMinimum: Int { 3 }

  /// What has happened so far.
  public private(set) var counters = HistoryCounters()
  /// Whether replayed messages are being recognised.
  public var isReplaying: Bool { expectedCount > 0 }
  /// The number of messages remembered.
  public var count: Int { list.count }

  /// In the server's order, oldest first: [0, ahead) what was known at the join and what was received in the phase, then what
  /// was received since. Of the former, what is not `isUsed` is expected back in the replay.
  var list = HashList<capacity>()
  var ahead = 0
  var expectedCount = 0
  /// Behind the message that was recognised last of those with a known place, and what was received since, in 1...ahead;
  /// 0 before the first. What is expected before it was passed over.
  var walk = 0
  /// How many of those with a known place were recognised one after the other, up to `walk`.
  var run = 0
  /// Our own join header.
  private var header: HistoryHash?
  private let windowMilliseconds: UInt32
  /// When the join or the last recognised message was.
  private var progressMilliseconds: UInt64 = 0

  /// An empty filter.
  public init(windowMilliseconds: UInt32 = HistoryFilter.defaultWindowMilliseconds) {
    self.windowMilliseconds = windowMilliseconds
  }

  /// Starts the replay phase. To be called at every join.
  public mutating func beginReplay(nowMilliseconds: UInt64) {
    let wasCut = isReplaying
    for position in 0..<list.count {
      list[position].isUsed = false
      // At the end of a complete phase nothing else is left that their place could be confused with.
      if !wasCut { list[position].isUnplaced = false }
    }
    ahead = list.count
    expectedCount = ahead
    walk = 0
    run = 0
    progressMilliseconds = nowMilliseconds
  }

  /// Remembers our own join header. The server stores a copy at every join, and replays them; none is delivered.
  public mutating func noteHeader(_ payload: Span<UInt8>) { header = HistoryHash(payload) }

  /// Whether a received message was delivered before; if not, it is remembered as delivered now.
  ///
  /// Not idempotent: to be called once for each message, with its whole payload.
  public mutating func isDuplicate(_ payload: Span<UInt8>, nowMilliseconds: UInt64) -> Bool {
    let hash = HistoryHash(payload)
    if isReplaying, nowMilliseconds &- progressMilliseconds >= UInt64(extending: windowMilliseconds) {
      forgetExpected()
    }
    if hash != header {
      guard let position = position(of: hash) else {
        deliver(hash)
        counters.delivered &+= 1
        return false
      }
      recognise(position)
    }
    progressMilliseconds = nowMilliseconds
    counters.suppressed &+= 1
    return true
  }

  /// Forgets everything, for another channel; the counters go on.
  public mutating func removeAll() {
    list.removeAll()
    header = nil
    beginReplay(nowMilliseconds: progressMilliseconds)
  }
}

/// What has happened to a history filter: numbers of messages since it was made.
public struct HistoryCounters: Equatable, Sendable {
  /// Messages found new.
  public var delivered: UInt64 = 0
  /// Messages found to be there for the second time, or to be our own join header.
  public var suppressed: UInt64 = 0

  /// All counters zero.
  public init() {}
}

/// A filter for the server's default history limit of 200 entries, and for one of up to 256: 2,048 bytes of hashes.
public typealias DefaultHistoryFilter = HistoryFilter<256>
