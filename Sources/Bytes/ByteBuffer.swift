/// A first-in, first-out run of bytes in memory of a fixed size, always contiguous.
///
/// Bytes go in at the end (`append`, or `space` and `commit`) and out at the front (`bytes` and `consume`). What is
/// left moves to the front only when the room behind it is needed.
public struct ByteBuffer<let capacity: Int>: ~Copyable {
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private var start = 0
  private var end = 0
  private let inPlace = InPlace()

  /// An empty buffer.
  public init() {}

  /// The number of bytes held.
  public var count: Int { end - start }

  /// Whether nothing is held.
  public var isEmpty: Bool { start == end }

  /// The number of bytes that can still be added.
  public var freeCapacity: Int { capacity - count }

  /// The bytes held, oldest first.
  public var bytes: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { storage.span.extracting(start..<end) }
  }

  /// The bytes held, oldest first, to be changed in place.
  public var mutableBytes: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      let held = start..<end
      return storage.mutableSpan._consumingExtracting(held)
    }
  }

  /// All the free room, `freeCapacity` bytes; say with `commit` how much of it was filled.
  public var space: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      moveToFront()
      let free = end..<capacity
      return storage.mutableSpan._consumingExtracting(free)
    }
  }

  /// Adds the first `byteCount` bytes of `space`, which the caller has filled; more than there is room for is cut.
  public mutating func commit(_ byteCount: Int) {
    end += max(0, min(byteCount, capacity - end))
  }

  /// Adds all of `bytes`, or nothing and returns false when they do not fit.
  public mutating func append(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= freeCapacity else { return false }
    if bytes.count > capacity - end { moveToFront() }
    var room = storage.mutableSpan
    room.copyBytes(bytes, to: end)
    end += bytes.count
    return true
  }

  /// Drops the oldest `byteCount` bytes, or all when there are fewer.
  public mutating func consume(_ byteCount: Int) {
    start += max(0, min(byteCount, count))
    if start == end { clear() }
  }

  /// Drops everything.
  public mutating func clear() {
    start = 0
    end = 0
  }

  private mutating func moveToFront() {
    guard start > 0 else { return }
    var all = storage.mutableSpan
    all.moveBytes(start..<end, to: 0)
    end -= start
    start = 0
  }
}
