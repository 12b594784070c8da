/// Why the relay ends a connection.
public enum RelayEndReason: Sendable, Equatable, CustomStringConvertible {
  /// The first frame was no join header, for the reason given.
  case badHeader(String)
  /// The header's `auth` is missing or wrong.
  case badAuthentication
  /// Somebody with the same uid, channel and auth is on the channel.
  case duplicateIdentity
  /// Nothing was heard for four ping intervals.
  case silent
  /// WebSocket rules were broken, in the way given.
  case protocolError(String)
  /// The client sent a Close frame.
  case closedByClient
  /// More bytes waited than the queue limit allows.
  case slowReader
  /// The connection was lost or ended by the other side.
  case connectionEnded
  /// The relay ends.
  case shutdown

  /// In words, for a log line.
  public var description: String {
    switch self {
    case .badHeader(let what): "join header refused: \(what)"
    case .badAuthentication: "authentication refused"
    case .duplicateIdentity: "identity is on the channel already"
    case .silent: "nothing heard for four pings"
    case .protocolError(let what): "protocol error: \(what)"
    case .closedByClient: "closed by the client"
    case .slowReader: "reads too slowly, dropped"
    case .connectionEnded: "connection ended"
    case .shutdown: "relay ends"
    }
  }
}

/// How a connection is to end once everything in `nextFrame()` was sent.
public enum RelayEnding: Sendable, Equatable {
  /// Send FIN.
  case finish(RelayEndReason)
  /// Leave TCP open and wait for the client to leave, as the server does after pinging a client out.
  case linger(RelayEndReason)
  /// Cut the connection, whatever was left to send.
  case drop(RelayEndReason)

  /// Why it ends.
  public var reason: RelayEndReason {
    switch self {
    case .finish(let reason), .linger(let reason), .drop(let reason): reason
    }
  }
}

/// One upgraded connection, as `RelayCore` sees it. Its owner takes frames with `nextFrame()` as long as there is room
/// to send, and then does what `ending` says.
public final class RelayMember {
  /// Where a connection stands; `RelayCore` makes all transitions.
  enum State {
    /// Nothing came yet.
    case unjoined
    /// The header was bad: closed at the next tick, deaf until then.
    case refused(RelayEndReason)
    /// On a channel.
    case joined(RelayChannel, RelayIdentity)
    /// Not on a channel any more.
    case ended
  }

  var state = State.unjoined
  /// Pings since the last frame that came.
  var unansweredPingCount = 0
  let upgradedMilliseconds: UInt64
  var nextTickMilliseconds: UInt64
  /// Whether the member is in the list of those whose owner has something to do.
  var isTouched = false

  /// History still to be sent, before anything in `queue`.
  var replay: [RelayFrame] = []
  private var replayIndex = 0
  private var queue = FIFO<RelayFrame>()

  /// Bytes of memory of the frames waiting, history apart.
  public private(set) var queuedByteCount = 0
  /// How the connection is to end, once it is to end.
  public internal(set) var ending: RelayEnding?
  /// For the owner: which connection this is.
  public let tag: Int

  init(tag: Int, nowMilliseconds: UInt64, pingIntervalMilliseconds: UInt64) {
    self.tag = tag
    upgradedMilliseconds = nowMilliseconds
    nextTickMilliseconds = nowMilliseconds &+ pingIntervalMilliseconds
  }

  /// Whether the member is on a channel.
  public var isJoined: Bool {
    if case .joined = state { true } else { false }
  }

  /// Whether frames from the client still matter: not after a bad header, nor once the connection is to end.
  public var isListening: Bool {
    switch state {
    case .unjoined, .joined: ending == nil
    case .refused, .ended: false
    }
  }

  /// `uid in channel`, or nil before the join.
  public var name: String? {
    guard case .joined(let channel, let identity) = state else { return nil }
    return "\(String(decoding: identity.uid, as: UTF8.self)) in \(String(decoding: channel.name, as: UTF8.self))"
  }

  /// Whether `nextFrame()` has something.
  public var hasFrames: Bool { replayIndex < replay.count || !queue.isEmpty }

  /// Takes the next frame to send: history first, then what came live.
  public func nextFrame() -> RelayFrame? {
    if replayIndex < replay.count {
      defer {
        replayIndex += 1
        if replayIndex == replay.count { (replay, replayIndex) = ([], 0) }
      }
      return replay[replayIndex]
    }
    guard let frame = queue.removeFirst() else { return nil }
    queuedByteCount -= frame.memoryByteCount
    return frame
  }

  /// Adds a frame; false when more than `limit` bytes would wait. One frame alone may be of any size.
  func enqueue(_ frame: RelayFrame, limitBytes: Int) -> Bool {
    guard queue.isEmpty || queuedByteCount + frame.memoryByteCount <= limitBytes else { return false }
    queue.append(frame)
    queuedByteCount += frame.memoryByteCount
    return true
  }

  /// Drops everything not taken yet.
  func removeAllFrames() {
    (replay, replayIndex) = ([], 0)
    queue.removeAll()
    queuedByteCount = 0
  }
}

/// Who a member is on its channel. `auth` as spelled: another spelling, or none, is another identity.
struct RelayIdentity: Hashable {
  let uid: [UInt8]
  let auth: [UInt8]?
}

/// One channel: who is on it and what later joiners get.
final class RelayChannel {
  let name: [UInt8]
  var members: [RelayMember] = []
  var identities: Set<RelayIdentity> = []
  private(set) var history = FIFO<RelayFrame>()
  private(set) var historyByteCount = 0
  var lastActivityMilliseconds: UInt64

  init(name: [UInt8], nowMilliseconds: UInt64) {
    self.name = name
    lastActivityMilliseconds = nowMilliseconds
  }

  /// Adds an entry and drops the oldest ones above the limits.
  func store(_ frame: RelayFrame, countMax: Int, byteCountMax: Int) {
    guard countMax > 0 else { return }
    history.append(frame)
    historyByteCount += frame.memoryByteCount
    while history.count > countMax || (historyByteCount > byteCountMax && history.count > 1) {
      guard let oldest = history.removeFirst() else { return }
      historyByteCount -= oldest.memoryByteCount
    }
  }

  /// Drops all entries.
  func removeHistory() {
    history.removeAll()
    historyByteCount = 0
  }
}
