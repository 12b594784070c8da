public import WebSocket

/// Where a channel session stands, in the order of a connection. The transitions are all in `Session+Transitions.swift`.
public enum SessionPhase: UInt8, Equatable, Sendable {
  /// Each is explained at `SessionState`.
  case idle, resolving, connecting, securing, upgrading, joining, joinUnconfirmed, joined, closing, waitingToRetry
  /// Left for good.
  case stopped

  /// The wait that this phase is, nil where it has no limit of its own in `Timeouts`.
  var wait: SessionWait? {
    switch self {
    case .resolving: .resolve
    case .connecting: .connect
    case .securing: .secure
    case .upgrading: .upgrade
    case .joining, .joinUnconfirmed: .joinConfirmation
    case .joined: .liveness
    case .closing: .close
    case .idle, .waitingToRetry, .stopped: nil
    }
  }

  /// Whether it is one of the phases from `first` to `last`.
  public func isWithin(_ first: SessionPhase, _ last: SessionPhase) -> Bool {
    rawValue >= first.rawValue && rawValue <= last.rawValue
  }
}

/// A phase together with why the connection ended, where it has.
public enum SessionState: Equatable, Sendable {
  /// Nothing has been tried yet.
  case idle
  /// The server's name is being looked up.
  case resolving
  /// TCP is being connected.
  case connecting
  /// The TLS handshake runs.
  case securing
  /// The HTTP upgrade was sent.
  case upgrading
  /// The join header is queued and not yet all handed to the transport.
  case joining
  /// The join header was sent; nothing has come back that would prove it accepted. The server confirms no join: the first
  /// frame from it does, at the latest its first Ping 24 s after the upgrade.
  case joinUnconfirmed
  /// A member of the channel.
  case joined
  /// A Close was sent, or the peer's answered; waiting for the end of the stream.
  case closing(SessionEnd)
  /// The transport is to be closed; the next try comes at the deadline.
  case waitingToRetry(SessionEnd)
  /// Left for good.
  case stopped
}

extension SessionState {
  init(_ phase: SessionPhase, _ end: SessionEnd) {
    self =
      switch phase {
      case .idle: .idle
      case .resolving: .resolving
      case .connecting: .connecting
      case .securing: .securing
      case .upgrading: .upgrading
      case .joining: .joining
      case .joinUnconfirmed: .joinUnconfirmed
      case .joined: .joined
      case .closing: .closing(end)
      case .waitingToRetry: .waitingToRetry(end)
      case .stopped: .stopped
      }
  }
}

/// The waits that have a limit in `Timeouts`.
public enum SessionWait: UInt8, Equatable, Sendable {
  case resolve
  case connect
  case secure
  case upgrade
  case joinConfirmation
  case liveness
  case sendProgress
  case close
}

/// Why a connection ended.
public enum SessionEnd: Error, Equatable, Sendable {
  /// The transport (name, TCP, TLS) failed; the driver knows the details. `kind` is what it advises.
  case transportFailed(FailureKind)
  /// Nothing happened for too long.
  case timedOut(SessionWait, limitMilliseconds: UInt32)
  /// The server did not accept the upgrade, or answered it wrongly.
  case upgradeRefused(HandshakeError)
  /// The peer broke the WebSocket protocol.
  case protocolError(ProtocolError)
  /// Closed right after the join: the identity is taken, very likely by this client's own connection that the server still
  /// holds (for 96 s after its last frame).
  case identityInUse
  /// Closed later, without a Ping before: the server refused the join header (at its next 24 s tick).
  case joinRefused
  /// The server closed the joined session.
  case closedByServer(CloseCode?)
  /// The stream ended without a Close: the server was restarted, or something on the way closed.
  case endOfStream
  /// The join header does not fit into the send buffer.
  case joinHeaderTooLarge(requiredBytes: Int, capacityBytes: Int)
  /// This end left.
  case left

  /// Whether the server refused the join, and so has read nothing that was sent behind the header.
  public var isRefusal: Bool {
    switch self {
    case .identityInUse, .joinRefused: true
    default: false
    }
  }

  /// What to do about it.
  public var kind: FailureKind {
    switch self {
    case .transportFailed(let kind): kind
    case .timedOut, .protocolError, .closedByServer, .endOfStream: .retry
    case .upgradeRefused(let error) where error.isPassing: .retry
    case .upgradeRefused, .joinRefused, .joinHeaderTooLarge, .left: .permanent
    case .identityInUse: .ghost
    }
  }
}

extension HandshakeError {
  /// Whether the server may answer otherwise next time: it is overloaded, starts, or was cut off.
  fileprivate var isPassing: Bool {
    if let unexpectedStatus { return unexpectedStatus >= 500 || unexpectedStatus == 429 }
    return rule == .truncated
  }
}

/// What a failure asks of the one who met it.
public enum FailureKind: Equatable, Sendable {
  /// Try again, with exponential backoff.
  case retry
  /// Try again at a steady pace: the server lets go of the identity 96 s after its last frame.
  case ghost
  /// It will fail again until someone changes the configuration or the server: try seldom, and say so.
  case permanent
}
