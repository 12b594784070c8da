/// One direction of a simulated TCP connection: the bytes that were written and not yet read, and how many of them have
/// arrived. Its capacity stands for the sender's and the receiver's buffers together.
final class Pipe {
  /// What ends the stream where the bytes run out that a cut lets pass.
  enum Cut: Int32 {
    case silence, reset
  }

  let capacity: Int
  private var bytes: [UInt8] = []
  private var head = 0
  /// Bytes that can be read now.
  private(set) var arrivedCount = 0
  /// When the last segment sent so far arrives: none overtakes another.
  var lastArrivalMilliseconds: UInt64 = 0
  /// The longest time that a segment took.
  var slowestMilliseconds: UInt64 = 0
  /// Nothing arrives any more, and nobody is told.
  var isSevered = false
  /// Nothing that is written from now on arrives; what is on its way does.
  var isCut = false
  /// Bytes that still pass, and what happens then.
  var remainingCount: Int?
  var cut = Cut.silence
  /// The writer has sent FIN.
  var isFinished = false
  /// FIN has arrived.
  var hasFinished = false
  /// RST has arrived at the reader.
  var wasReset = false
  /// The writer found no room and wants to know when there is some.
  var isWriterWaiting = false

  init(capacity: Int) { self.capacity = capacity }

  /// Bytes written and not read.
  var heldCount: Int { bytes.count - head }
  var freeCount: Int { capacity - heldCount }

  /// Takes at most `limit` bytes, as far as there is room, and returns how many.
  func write(_ source: UnsafeBufferPointer<UInt8>, limit: Int) -> Int {
    let count = min(source.count, limit, freeCount)
    guard count > 0 else { return 0 }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[0..<count]))
    return count
  }

  /// Bytes that were on their way are there.
  func arrive(_ count: Int) { arrivedCount = min(arrivedCount + count, heldCount) }

  /// Moves at most `limit` bytes of those that have arrived to `target`, and returns how many.
  func read(into target: UnsafeMutableBufferPointer<UInt8>, limit: Int) -> Int {
    let count = min(target.count, limit, arrivedCount)
    guard count > 0 else { return 0 }
    bytes.withUnsafeBufferPointer { source in
      _ = UnsafeMutableBufferPointer(rebasing: target[0..<count]).update(
        fromContentsOf: UnsafeBufferPointer(rebasing: source[head..<head + count]))
    }
    consume(count)
    return count
  }

  /// Gives what has arrived to `body`, to be changed in place; it says how much of it was read.
  func readInPlace(_ body: (inout MutableSpan<UInt8>) -> Int) {
    guard arrivedCount > 0 else { return }
    let range = head..<head + arrivedCount
    var span = bytes.mutableSpan
    var arrived = span._mutatingExtracting(range)
    let count = body(&arrived)
    consume(count)
  }

  private func consume(_ count: Int) {
    arrivedCount -= count
    head += count
    if head == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 8192 {
      bytes.removeFirst(head)
      head = 0
    }
  }
}
