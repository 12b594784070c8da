import Bytes

/// A control frame that waits for room.
struct PendingControl {
  var isPending = false
  var count = 0
  var bytes = InlineArray<125, UInt8>(repeating: 0)

  mutating func append(_ payload: Span<UInt8>) {
    let fitting = payload.extracting(first: bytes.count &- count)
    var room = bytes.mutableSpan
    room.copyBytes(fitting, to: count)
    count &+= fitting.count
  }
}
