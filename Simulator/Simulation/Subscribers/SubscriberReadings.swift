import Bytes
import Mles

/// What the project's subscribers do with what arrives, in the same order: the history filter, then the tracker of
/// readings.
struct SubscriberReadings: ~Copyable {
  enum Outcome: Equatable {
    /// New to this subscriber.
    case delivered
    /// The history filter took it for new, the tracker did not.
    case passedTheFilterTwice
    /// Known already, or no reading.
    case notForDelivery
  }

  private var filter = DefaultHistoryFilter()
  private var tracker = DeliveryTracker()

  mutating func noteHeader(of identity: ChannelIdentity) {
    var header = InlineArray<512, UInt8>(repeating: 0)
    var writer = ByteWriter(header.mutableSpan)
    identity.writeJoinHeader(to: &writer)
    let count = min(writer.requiredCount, 512)
    filter.noteHeader(header.span.extracting(0..<count))
  }

  mutating func beginReplay(nowMilliseconds: UInt64) { filter.beginReplay(nowMilliseconds: nowMilliseconds) }

  mutating func take(_ message: Span<UInt8>, nowMilliseconds: UInt64) -> Outcome {
    guard !filter.isDuplicate(message, nowMilliseconds: nowMilliseconds) else { return .notForDelivery }
    guard let reading = ParsedReading(message) else { return .notForDelivery }
    return tracker.note(reading).isRepeated ? .passedTheFilterTwice : .delivered
  }
}
