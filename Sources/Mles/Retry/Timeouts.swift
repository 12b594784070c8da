/// Every wait of a client, with its limit: the one table of timeouts. All in milliseconds of the monotonic clock.
///
/// The limits come from the server's rhythm (observed on mles-rs 2.9.2): it sends a Ping every 24.0 s counted from the
/// upgrade, looks at join headers that came late only at such a tick, and forgets a silent connection after four ticks,
/// 96 s after the last frame from it. What has to hold between them is said at each; tests check it.
///
/// Each step has its own limit and they follow each other, so that a connection is joined, or given up, at the latest
/// `resolve + connect + secure + upgrade + joinConfirmation` = 145 s after its start.
public struct Timeouts: Sendable {
  /// By `SessionWait.rawValue`.
  private var limits: InlineArray<8, UInt32> = [
    10_000, 10_000, 15_000, 10_000, 100_000, 60_000, 30_000, 2_000,
  ]

  /// The limit of a wait.
  public subscript(wait: SessionWait) -> UInt32 {
    get { limits[Int(wait.rawValue)] }
    set { limits[Int(wait.rawValue)] = newValue }
  }

  /// Name resolution, from the question to an address: two tries of a resolver at 5 s each.
  public var resolveMilliseconds: UInt32 {
    get { self[.resolve] }
    set { self[.resolve] = newValue }
  }

  /// TCP, from the first SYN to the connection: SYNs at 0, 1, 3 and 7 s fit in.
  public var connectMilliseconds: UInt32 {
    get { self[.connect] }
    set { self[.connect] = newValue }
  }

  /// The TLS handshake, from the first byte to the last: at 160 MHz a chip without an accelerator computes for about
  /// 1 s, or a few when it also has something else to do; the rest is for a slow network.
  public var secureMilliseconds: UInt32 {
    get { self[.secure] }
    set { self[.secure] = newValue }
  }

  /// The opening handshake, from the request queued to the whole response read: for a server that accepts TCP and never
  /// answers. Less than the server's first tick at 24 s has no meaning here, it counts from its response.
  public var upgradeMilliseconds: UInt32 {
    get { self[.upgrade] }
    set { self[.upgrade] = newValue }
  }

  /// From the join header queued to the first frame from the server, which alone confirms the join.
  ///
  /// In an empty channel that is the first Ping, 24 s after the upgrade. A refusal that was not at once comes at a tick
  /// too. A connection that the server never let join is closed by it at 96 s. So this is just above 96 s: whatever the
  /// server does, it has done by then, and only a dead link is left. Above `ghostMilliseconds`.
  public var joinConfirmationMilliseconds: UInt32 {
    get { self[.joinConfirmation] }
    set { self[.joinConfirmation] = newValue }
  }

  /// How soon after the upgrade a Close means that the identity is taken. A header is refused at a tick, the first of which
  /// comes at 24 s. Below that, by more than any jitter, and no less: a server that stalls refuses the identity only when
  /// it goes on, and the node has to come back as after any ghost.
  public var refusalAtOnceMilliseconds: UInt32 = 23_000

  /// Joined: the longest silence from the server. It pings every 24 s, so two Pings (48 s) were missed and 12 s of slack
  /// are over. Below `ghostMilliseconds`: the client notices a dead link before the server does. No Ping is ever sent to
  /// find out, for the server relays a client's Pings and stores them.
  public var livenessMilliseconds: UInt32 {
    get { self[.liveness] }
    set { self[.liveness] = newValue }
  }

  /// Output waits and the transport takes none: half of `livenessMilliseconds`. It measures progress, not the whole message,
  /// so that a large message over a slow link is no failure. What TLS has taken, and the network has not, does not count:
  /// when that is all there is, the limit begins with the next output, the answer to a Ping at the latest.
  public var sendProgressMilliseconds: UInt32 {
    get { self[.sendProgress] }
    set { self[.sendProgress] = newValue }
  }

  /// How soon after the upgrade a Ping can be the server's own, whose first comes at 24.0 s: below that, by more than any
  /// jitter. What comes sooner is another member's, sent or replayed. The server's first Ping tells that the replay of the
  /// history is over, which nothing else does.
  public var replayMilliseconds: UInt32 = 20_000

  /// After so many connections in a row that ended before their replay was known to be over, the next ones wait for it only
  /// `cutReplayMilliseconds`: in a network that lets no connection live for 24 s nothing would be sent for ever.
  public var cutReplaysMax: UInt8 = 3

  /// From the upgrade to the time at which the replay is then taken to be over: many times a slow round trip. After as many
  /// again that were too short even for that, nothing is waited for.
  public var cutReplayMilliseconds: UInt32 = 5_000

  /// From the first frame to the time at which the replay is taken to be over whatever has come: something on the way keeps
  /// the server's Pings, of which three should have come by then. `livenessMilliseconds` behind `replayMilliseconds`, so that a
  /// connection that goes deaf in the middle of its replay has ended before.
  public var replayLimitMilliseconds: UInt32 = 80_000

  /// After this time on one connection a message is taken to have been read, once a Ping comes from the server. At each tick
  /// it closes a connection from which it has read nothing for four, so a Ping proves that it has read a frame within the
  /// 96 s before, and all that was sent before that one. 24 s are for the way there and back: a server that reads further
  /// behind than that, because another member holds it up, has the message in its host's buffers only.
  public var confirmationMilliseconds: UInt32 = 120_000

  /// From our Close to the end of the stream: the server answers a Close with FIN only, one round trip. Then the
  /// transport is closed anyway.
  public var closeMilliseconds: UInt32 {
    get { self[.close] }
    set { self[.close] = newValue }
  }

  /// A session that was joined this long sets the backoff back to its start. Above the 24 s tick, so that a server which
  /// lets join and then closes at the tick is not met at full speed.
  public var stableMilliseconds: UInt32 = 30_000

  /// How long the server keeps the identity of a connection that died silently, counted from its last frame: a fact about
  /// the server. Up to then a refusal at once is most likely the client's own ghost, later somebody else.
  public var ghostMilliseconds: UInt32 = 96_000

  /// The steady pace of tries while the own ghost is suspected, in place of the backoff. With 2 s for the connection itself
  /// the node is back at most 5 s after the server let go. Most often the client finds out about a dead connection after
  /// 60 s, so that 36 s of the ghost are left: twelve tries, each a resumed handshake.
  public var ghostRetryMilliseconds: UInt32 = 3_000

  /// The pace of tries after a failure that will come again until somebody changes the configuration or the server, such
  /// as a refused header or an expired certificate.
  public var permanentRetryMilliseconds: UInt32 = 300_000

  /// How often the link is looked at while it is down and an attempt is due, where the platform does not report it.
  public var linkPollMilliseconds: UInt32 = 500

  /// The defaults.
  public init() {}
}
