/// A lamp that tells a person beside the board what the node is doing.
public protocol StatusIndicator: ~Copyable {
  /// Shows `status` until told otherwise.
  mutating func show(_ status: NodeStatus)
}

/// What a node is doing, coarse enough for one lamp.
public enum NodeStatus: UInt8, Equatable {
  /// Started, nothing tried yet.
  case starting
  /// No link, no address, or no time yet.
  case waitingForNetwork
  /// On the way to the server: name, TCP, TLS, upgrade.
  case connecting
  /// The join was sent, nothing has confirmed it yet.
  case joining
  /// On the channel.
  case joined
  /// The last try failed; waiting for the next.
  case retrying
  /// The sensor does not answer.
  case sensorFault
  /// Given up: configuration or certificate must be changed.
  case stopped
}
