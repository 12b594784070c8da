public import HAL
import Synchronization

/// The way to the network of a simulated board: up, unless a test or a fault takes it down.
public struct LinuxLink: Link {
  /// The carrier that several boards can share, and that whoever simulates a fault changes.
  public final class Carrier: Sendable {
    private let raw: Atomic<UInt8>

    /// A carrier in the given state.
    public init(_ state: LinkState = .up) {
      raw = Atomic(Self.encode(state))
    }

    /// The state that every link on this carrier reports.
    public var state: LinkState {
      get { Self.decode(raw.load(ordering: .relaxed)) }
      set { raw.store(Self.encode(newValue), ordering: .relaxed) }
    }

    private static func encode(_ state: LinkState) -> UInt8 {
      switch state {
      case .down: 0
      case .acquiringAddress: 1
      case .up: 2
      }
    }

    private static func decode(_ raw: UInt8) -> LinkState {
      switch raw {
      case 0: .down
      case 1: .acquiringAddress
      default: .up
      }
    }
  }

  private let carrier: Carrier

  /// A link on `carrier`; on one of its own, always up, when none is given.
  public init(carrier: Carrier = Carrier()) {
    self.carrier = carrier
  }

  /// The state of the carrier.
  public mutating func linkState() -> LinkState { carrier.state }
}
