// Conversions to 64 bits. Those of the standard library loop over words where `Int` has 32 bits, in a function of their
// own; these are an instruction.

extension UInt64 {
  /// `value` with zeros above.
  @inline(__always)
  public init(extending value: UInt32) {
    #if _pointerBitWidth(_32)
      // Little-endian, as all processors that this is built for.
      self = unsafe unsafeBitCast((value, 0 as UInt32), to: UInt64.self)
    #else
      self = UInt64(truncatingIfNeeded: value)
    #endif
  }

  /// `value` with zeros above.
  @inline(__always)
  public init(extending value: UInt16) { self.init(extending: UInt32(truncatingIfNeeded: value)) }

  /// `value` with zeros above.
  @inline(__always)
  public init(extending value: UInt8) { self.init(extending: UInt32(truncatingIfNeeded: value)) }

  /// The bits of `value`, with its sign above.
  @inline(__always)
  public init(extending value: Int) {
    #if _pointerBitWidth(_32)
      self = unsafe unsafeBitCast((value, value &>> 31), to: UInt64.self)
    #else
      self = UInt64(bitPattern: Int64(value))
    #endif
  }

  /// The bits of `value`, with its sign above.
  @inline(__always)
  public init(extending value: Int32) { self.init(extending: Int(truncatingIfNeeded: value)) }
}
