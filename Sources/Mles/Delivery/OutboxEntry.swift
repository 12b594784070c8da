import WebSocket

/// What has happened to an outbox: numbers of messages since it was made.
public struct OutboxCounters: Equatable, Sendable {
  /// Messages taken by `append`.
  public var accepted: UInt64 = 0
  /// Messages that `append` refused for want of room.
  public var refused: UInt64 = 0
  /// Messages that `append` refused because they are larger than the whole outbox.
  public var tooLarge: UInt64 = 0
  /// Messages dropped that the server has not got: they are lost.
  public var droppedQueued: UInt64 = 0
  /// Messages let go of that had been sent, with nothing so far to prove that they arrived. A later proof for a message of
  /// the same connection is one for them too, and moves them to `confirmed`.
  public var droppedUnconfirmed: UInt64 = 0
  /// Messages handed to a connection, those sent again included.
  public var sent: UInt64 = 0
  /// Messages that were in doubt, were not in the server's history, and were queued to be sent again; once for each
  /// connection after which that was so.
  public var resent: UInt64 = 0
  /// Messages that the server is known to have read.
  public var confirmed: UInt64 = 0

  /// All counters zero.
  public init() {}
}

/// What an outbox knows about a message, in two words.
struct OutboxEntry {
  private var word: UInt32 = 0
  /// When it was last handed to a connection, in milliseconds, cut to 32 bits; 0 before.
  var sentMilliseconds: UInt32 = 0

  private static let lengthMask: UInt32 = 0x7FFF_FFFF
  private static let binaryBit: UInt32 = 0x8000_0000

  /// The length of the longest message, in bytes.
  static var maximumLength: Int { 0x7FFF_FFFF }

  init() {}

  /// A message of `length` bytes (0...maximumLength) that was not sent yet.
  init(length: Int, kind: MessageKind) {
    word = UInt32(truncatingIfNeeded: length) & Self.lengthMask
    if kind == .binary { word |= Self.binaryBit }
  }

  var length: Int { Int(truncatingIfNeeded: word & Self.lengthMask) }
  var kind: MessageKind { word & Self.binaryBit == 0 ? .text : .binary }
}
