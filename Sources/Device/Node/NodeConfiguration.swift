public import Mles

/// What a node does, apart from who it is and where the server is.
public struct NodeConfiguration: Sendable {
  /// The time between two readings, in milliseconds; at least 1. Default 10 s.
  public var intervalMilliseconds: UInt32 = 10_000
  /// Readings after which the node takes no more, nil for no end.
  public var readingLimit: UInt32?
  /// Whether the sensor is simulated, which its readings then say.
  public var isSimulated = false
  /// Why the board started, told by its first reading; nil where there is nothing to tell.
  public var resetReason: StaticString?
  /// What happens when the outbox is full. Default: the oldest reading is dropped, since the newest matters most.
  public var overflow = OverflowPolicy.dropOldest

  /// The defaults.
  public init() {}
}

/// What a node has done since it started.
public struct NodeStatistics: Equatable, Sendable {
  /// Readings put into the outbox.
  public var published: UInt32 = 0
  /// Readings that the outbox refused.
  public var refused: UInt32 = 0
  /// Readings not made because the node was called too late, more than `Publisher.catchUpLimit` of them behind.
  public var missed: UInt32 = 0
  /// Measurements that failed after all retries.
  public var sensorErrors: UInt32 = 0
  /// Messages received from the channel, those of the history included.
  public var received: UInt32 = 0
  /// Connections that ended after the join was confirmed, other than by leaving.
  public var lostConnections: UInt32 = 0

  /// Nothing done.
  public init() {}
}

/// When a node is to be called again.
public struct NodeWait: Equatable, Sendable {
  /// At the latest at this time, in milliseconds of the monotonic clock.
  public var deadlineMilliseconds: UInt64
  /// When the socket has bytes.
  public var wantsRead: Bool
  /// When the socket takes bytes.
  public var wantsWrite: Bool

  /// A node that is to be called at this time at the latest.
  public init(deadlineMilliseconds: UInt64, wantsRead: Bool = false, wantsWrite: Bool = false) {
    self.deadlineMilliseconds = deadlineMilliseconds
    self.wantsRead = wantsRead
    self.wantsWrite = wantsWrite
  }
}
