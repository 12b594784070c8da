/// Who uses a port of the simulated network: a node, a subscriber.
protocol NetworkClient: AnyObject {
  /// The socket is readable, writable or connected, or has failed.
  func socketIsReady()
}

/// Where a client is attached to the network, and how good the network is there.
final class ClientPort {
  enum NameService {
    case works
    /// Answers that there is no such name.
    case fails
    /// Does not answer.
    case isSilent
  }

  /// The client's number: nodes first, then subscribers.
  let index: Int
  weak var client: (any NetworkClient)?
  var connection: VirtualConnection?
  var random: SimulationRandom

  // The way to the server when nothing is wrong.
  var delayMilliseconds: UInt64
  var jitterMilliseconds: UInt64
  var lossPerMillion: Int
  /// What the send buffer holds; and how many bytes one call of read or write moves at most, 0 for all.
  var sendCapacity: Int
  var splitMaximum: Int

  // What faults do to it.
  /// Faults that let nothing through, at present.
  var outageCount = 0
  /// Until when they last.
  var outageEndMilliseconds: UInt64 = 0
  /// Added to the delay.
  var extraDelayMilliseconds: UInt64 = 0
  var nameService = NameService.works

  init(index: Int, random: SimulationRandom, quality: NetworkQuality) {
    var random = random
    self.index = index
    delayMilliseconds = random.within(quality.delayMilliseconds)
    jitterMilliseconds = random.below(quality.jitterMillisecondsMax + 1)
    lossPerMillion = quality.lossPerMillion
    sendCapacity = quality.bufferBytes[random.below(quality.bufferBytes.count)]
    splitMaximum = quality.splits && random.chance(300_000) ? 1 + random.below(96) : 0
    self.random = random
  }

  /// The connection before, too, for what is found out when it is over.
  var lastConnection: VirtualConnection?

  var isOut: Bool { outageCount > 0 }

  /// Whether the last connection took longer than the 24 s that the rules of confirmation allow for, there and back.
  var isSlow: Bool {
    guard let connection = connection ?? lastConnection else { return false }
    return connection.up.slowestMilliseconds + connection.down.slowestMilliseconds > Self.slowMilliseconds
  }

  static let slowMilliseconds: UInt64 = 24_000

  /// How many bytes one call moves at most.
  func splitLimit() -> Int { splitMaximum == 0 ? .max : 1 + random.below(splitMaximum) }
}

/// How good the way to the server is when nothing is wrong.
struct NetworkQuality: Sendable {
  var delayMilliseconds: ClosedRange<UInt64> = 1...40
  var jitterMillisecondsMax: UInt64 = 10
  /// Segments lost, to arrive after a retransmission, of a million.
  var lossPerMillion = 0
  /// What the send buffer of a client holds; each client has one of these.
  var bufferBytes = [5_744]
  /// Whether some clients read and write a few bytes at a time.
  var splits = false
}
