/// The way to the network: Wi-Fi, Ethernet, or whatever a computer has.
public protocol Link: ~Copyable {
  /// Whether packets can leave now and the board has an address.
  mutating func linkState() -> LinkState
}

/// The state of the way to the network.
public enum LinkState: Equatable {
  /// No carrier, or not associated with an access point.
  case down
  /// Carrier, but no address yet.
  case acquiringAddress
  case up
}
