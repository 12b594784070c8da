public import HAL

/// The lamp of a simulated board: keeps the last status for whoever draws the progress line.
public struct TerminalStatus: StatusIndicator {
  /// What was shown last.
  public private(set) var status: NodeStatus
  /// How often the lamp changed.
  public private(set) var changeCount = 0

  /// A lamp that shows `status`.
  public init(_ status: NodeStatus = .starting) {
    self.status = status
  }

  /// Keeps `status`.
  public mutating func show(_ status: NodeStatus) {
    if status != self.status { changeCount += 1 }
    self.status = status
  }

  /// The status in a word or two, for a progress line.
  public var text: String {
    switch status {
    case .starting: "starting"
    case .waitingForNetwork: "waiting for network"
    case .connecting: "connecting"
    case .joining: "joining"
    case .joined: "joined"
    case .retrying: "retrying"
    case .sensorFault: "sensor fault"
    case .stopped: "stopped"
    }
  }
}
