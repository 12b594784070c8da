/// A first-in, first-out run of bytes in memory of a fixed size, always contiguous.
///
/// Bytes go in at the end (`append`, or `space` and `commit`) and out at the front (`bytes` and `consume`). What is
/// left moves to the front only when the room behind it is needed.
public struct ByteBuffer<let capacity: Int>: ~Copyable {
  private var extent = Extent()
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private let inPlace = InPlace()

  /// An empty buffer.
  public init() {}

  /// The number of bytes held.
  public var count: Int { extent.count }

  /// Whether nothing is held.
  public var isEmpty: Bool { count == 0 }

  /// The number of bytes that can still be added.
  public var freeCapacity: Int { capacity &- count }

  /// The bytes held, oldest first.
  public var bytes: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { extent.held(of: storage.span) }
  }

  /// The bytes held, oldest first, to be changed in place.
  public var mutableBytes: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      let held = extent.start..<extent.end
      return storage.mutableSpan._consumingExtracting(held)
    }
  }

  /// All the free room, `freeCapacity` bytes; say with `commit` how much of it was filled.
  public var space: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      extent.space(of: storage.mutableSpan)
    }
  }

  /// Adds the first `byteCount` bytes of `space`, which the caller has filled; more than there is room for is cut.
  public mutating func commit(_ byteCount: Int) { extent.grow(by: byteCount, capacity) }

  /// Adds all of `bytes`, or nothing and returns false when they do not fit.
  public mutating func append(_ bytes: Span<UInt8>) -> Bool {
    var all = storage.mutableSpan
    return extent.append(bytes, to: &all)
  }

  /// Drops the oldest `byteCount` bytes, or all when there are fewer.
  public mutating func consume(_ byteCount: Int) { extent.shrink(by: byteCount) }

  /// Drops everything.
  public mutating func clear() { extent = Extent() }
}

/// Where the bytes held stand in the storage. Apart from the buffer, so that the code is there once for all capacities.
struct Extent {
  var start = 0
  var end = 0

  var count: Int { end &- start }

  @inline(never)
  @_lifetime(copy storage)
  func held(of storage: Span<UInt8>) -> Span<UInt8> { storage.extracting(start..<end) }

  @inline(never)
  @_lifetime(copy storage)
  mutating func space(of storage: consuming MutableSpan<UInt8>) -> MutableSpan<UInt8> {
    moveToFront(in: &storage)
    let free = end..<storage.count
    return storage._consumingExtracting(free)
  }

  @inline(never)
  mutating func grow(by byteCount: Int, _ capacity: Int) {
    end &+= max(0, min(byteCount, capacity &- end))
  }

  @inline(never)
  mutating func shrink(by byteCount: Int) {
    start &+= max(0, min(byteCount, count))
    if start == end { self = Extent() }
  }

  @inline(never)
  mutating func moveToFront(in storage: inout MutableSpan<UInt8>) {
    guard start > 0 else { return }
    storage.moveBytes(start..<end, to: 0)
    end &-= start
    start = 0
  }

  @inline(never)
  mutating func append(_ bytes: Span<UInt8>, to storage: inout MutableSpan<UInt8>) -> Bool {
    guard bytes.count <= storage.count &- count else { return false }
    if bytes.count > storage.count &- end { moveToFront(in: &storage) }
    storage.copyBytes(bytes, to: end)
    end &+= bytes.count
    return true
  }
}
