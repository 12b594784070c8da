import WebSocket

/// Where a message in an outbox stands.
public enum OutboxMessageState: Equatable, Sendable {
  /// It was never sent.
  case queued
  /// Its transmission has begun on this connection.
  case sending
  /// It was sent on this connection; nothing proves yet that the server has it.
  case unconfirmed
  /// It was sent on an earlier connection and waits to be sent again: the server may have it or not.
  case requeued
}

/// What has happened to an outbox: numbers of messages since it was made.
public struct OutboxCounters: Equatable, Sendable {
  /// Messages taken by `append`.
  public var accepted: UInt64 = 0
  /// Messages that `append` refused for want of room.
  public var refused: UInt64 = 0
  /// Messages that `append` refused because they are larger than the whole outbox.
  public var tooLarge: UInt64 = 0
  /// Messages dropped that were never sent: they are lost.
  public var droppedQueued: UInt64 = 0
  /// Messages dropped that had been sent, with nothing to prove that they arrived.
  public var droppedUnconfirmed: UInt64 = 0
  /// Messages handed to a connection, those sent again included.
  public var sent: UInt64 = 0
  /// Messages queued again because their connection ended before they were confirmed.
  public var resent: UInt64 = 0
  /// Messages that left because the server has them, as far as can be known.
  public var confirmed: UInt64 = 0

  /// All counters zero.
  public init() {}
}

/// What an outbox knows about a message, in one word.
struct OutboxEntry {
  private var word: UInt32 = 0

  private static let lengthMask: UInt32 = 0x3FFF_FFFF
  private static let sentBit: UInt32 = 0x4000_0000
  private static let binaryBit: UInt32 = 0x8000_0000

  /// The length of the longest message, in bytes.
  static var maximumLength: Int { 0x3FFF_FFFF }

  init() {}

  /// A message of `length` bytes (0...maximumLength) that was not sent yet.
  init(length: Int, kind: MessageKind) {
    word = UInt32(truncatingIfNeeded: length) & Self.lengthMask
    if kind == .binary { word |= Self.binaryBit }
  }

  var length: Int { Int(truncatingIfNeeded: word & Self.lengthMask) }
  var kind: MessageKind { word & Self.binaryBit == 0 ? .text : .binary }

  /// Whether the message was sent at least once, on any connection.
  var wasSent: Bool {
    get { word & Self.sentBit != 0 }
    set { word = newValue ? word | Self.sentBit : word & ~Self.sentBit }
  }
}
