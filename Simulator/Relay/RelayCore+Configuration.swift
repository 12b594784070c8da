extension RelayCore {
  /// The limits and times of a relay.
  public struct Configuration: Sendable {
    /// The server's key, with which members must authenticate; nil: `auth` is optional, but right if present.
    public var serverKey: Secret?
    /// Entries kept for each channel, join headers and messages together.
    public var historyCountMax = 200
    /// Bytes of memory kept for each channel; the newest entry stays whatever its size.
    public var historyByteCountMax = 256 << 20
    /// Bytes of memory kept for all channels together; the channel longest unused loses its entries first.
    public var totalHistoryByteCountMax = 1 << 30
    /// Channels remembered after their last member left; the one longest unused is forgotten first.
    public var channelCountMax = 10_000
    /// Time between two pings, counted from the upgrade.
    public var pingIntervalMilliseconds: UInt64 = 24_000
    /// Pings in a row without any frame from the client; instead of one more it is closed. 3: closed at 96 s.
    public var unansweredPingCountMax = 3
    /// A bad header is refused at once only when it comes within this time after the upgrade, else at the next ping time.
    public var immediateRefusalMilliseconds: UInt64 = 1
    /// Bytes of memory that may wait for one member, history apart, before it is dropped.
    public var queueByteCountMax = 8 << 20

    /// The defaults of the server.
    public init() {}
  }

  /// What has happened so far.
  public struct Statistics: Sendable, Equatable {
    /// Members that joined a channel.
    public var joinCount = 0
    /// Connections refused for their header, authentication or identity.
    public var refusalCount = 0
    /// Messages taken from members.
    public var messageCount = 0
    /// Copies of messages queued for other members, history apart.
    public var deliveryCount = 0
    /// Members dropped because they read too slowly.
    public var slowReaderCount = 0
  }
}
