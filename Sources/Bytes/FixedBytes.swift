/// A short byte string, such as a name, in memory of a fixed size; can be copied.
public struct FixedBytes<let capacity: Int>: Sendable {
  /// The number of bytes held.
  public private(set) var count = 0
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)

  /// An empty string.
  public init() {}

  /// A copy of `bytes`; throws when they do not fit.
  public init(_ bytes: Span<UInt8>) throws(CapacityError) {
    try set(bytes)
  }

  /// Becomes a copy of `bytes`; throws, and nothing changes, when they do not fit.
  public mutating func set(_ bytes: Span<UInt8>) throws(CapacityError) {
    guard bytes.count <= capacity else {
      throw CapacityError(requiredBytes: bytes.count, capacityBytes: capacity)
    }
    var room = storage.mutableSpan
    room.copyBytes(bytes, to: 0)
    count = bytes.count
  }

  /// The bytes held.
  public var bytes: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { firstBytes(count, of: storage.span) }
  }
}

/// Not a part of the structure, so that the code is there once for all capacities.
@inline(never)
@_lifetime(copy storage)
func firstBytes(_ count: Int, of storage: Span<UInt8>) -> Span<UInt8> { storage.extracting(0..<count) }
