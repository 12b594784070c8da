/// Writes text and bytes into memory that the caller owns, and never past its end.
///
/// A writer keeps counting after the memory is full, so that the caller learns how many bytes would have been
/// needed: write everything, then call `finish()` once.
public struct ByteWriter: ~Copyable, ~Escapable {
  private var output: MutableSpan<UInt8>
  /// Bytes asked for so far, those that did not fit included.
  public private(set) var requiredCount = 0

  /// A writer over the whole of `output`; what was in it is overwritten.
  @_lifetime(copy output)
  public init(_ output: consuming MutableSpan<UInt8>) {
    self.output = output
  }

  /// The number of bytes that fit.
  public var capacity: Int { output.count }

  /// Whether something was asked for that did not fit.
  public var hasOverflowed: Bool { requiredCount > output.count }

  /// Appends one byte.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(_ byte: UInt8) {
    if requiredCount < output.count { output[requiredCount] = byte }
    count(1)
  }

  /// Appends all of `bytes`.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(_ bytes: Span<UInt8>) {
    if requiredCount < output.count {
      let fitting = min(bytes.count, output.count &- requiredCount)
      output.copyBytes(bytes.extracting(first: fitting), to: requiredCount)
    }
    count(bytes.count)
  }

  /// Appends the UTF-8 bytes of a literal.
  @_lifetime(self: copy self)
  public mutating func append(_ text: StaticString) { append(text.bytes) }

  /// Appends `words` with numbers in the places of `%u` (decimal), `%d` (decimal, the number's bits taken as signed) and
  /// `%2x`, `%4x` (so many hexadecimal digits): `first` in the first place, `second` in those behind it. There is no way
  /// to write a percent sign.
  @_lifetime(self: copy self)
  public mutating func append(_ words: StaticString, _ first: UInt64, _ second: UInt64 = 0) {
    append(words.bytes, first, second)
  }

  /// The same with words that are bytes.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(_ words: Span<UInt8>, _ first: UInt64, _ second: UInt64 = 0) {
    var number = first
    var index = 0
    while index < words.count {
      let byte = words[index]
      index &+= 1
      if byte != 0x25 || index == words.count {
        append(byte)
      } else {
        switch words[index] {
        case 0x75: append(decimal: number)
        case 0x64: append(decimal: Int64(bitPattern: number))
        case let digits:
          append(hexadecimal: number, digits: Int(digits &- 0x30))
          index &+= 1
        }
        index &+= 1
        number = second
      }
    }
  }

  /// Appends `value` in decimal digits, padded with zeros to `minimumDigits` (at most 20, the digits of `UInt64.max`).
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(decimal value: UInt64, minimumDigits: Int = 1) {
    var digits = InlineArray<20, UInt8>(repeating: 0x30)
    let least = digits.count &- max(1, min(minimumDigits, digits.count))
    var start = digits.count
    var rest = value
    while rest > 0, start > 0 {
      start &-= 1
      let quotient = rest / 10
      digits[start] = 0x30 &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
      rest = quotient
    }
    append(digits.span.extracting(droppingFirst: min(start, least)))
  }

  /// Appends `value` in decimal digits, with `-` before a negative one.
  @_lifetime(self: copy self)
  public mutating func append(decimal value: Int) { append(decimal: Int64(bitPattern: UInt64(extending: value))) }

  @_lifetime(self: copy self)
  private mutating func append(decimal value: Int64) {
    if value < 0 { append(0x2D) }
    append(decimal: value.magnitude)
  }

  /// Appends `value` / 10^`fractionDigits` as a decimal with exactly that many digits behind the point
  /// (0...9, anything else is taken as the nearest of these); no floating point is involved.
  @_lifetime(self: copy self)
  public mutating func append(fixedPoint value: Int32, fractionDigits: Int) {
    let digits = max(0, min(fractionDigits, 9))
    var scale: UInt32 = 1
    for _ in 0..<digits { scale &*= 10 }
    let magnitude = value.magnitude
    if value < 0 { append(0x2D) }
    append(decimal: UInt64(extending: magnitude / scale))
    guard digits > 0 else { return }
    append(0x2E)
    append(decimal: UInt64(extending: magnitude % scale), minimumDigits: digits)
  }

  /// Appends the last `digits` hexadecimal digits of `value` (at most 16), lower case.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(hexadecimal value: UInt64, digits: Int) {
    let (low, high) = (UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value &>> 32))
    var remaining = min(digits, 16)
    while remaining > 0 {
      remaining &-= 1
      let shift = UInt32(truncatingIfNeeded: remaining &* 4)
      let nibble = UInt8(truncatingIfNeeded: (shift < 32 ? low : high) &>> (shift & 31)) & 0x0F
      append(nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble)
    }
  }

  /// Adds to `requiredCount`, which stays at `Int.max` once it got there.
  @_lifetime(self: copy self)
  private mutating func count(_ byteCount: Int) {
    let (sum, overflow) = requiredCount.addingReportingOverflow(byteCount)
    requiredCount = overflow ? Int.max : sum
  }

  /// The number of bytes written; throws when they did not all fit.
  public consuming func finish() throws(CapacityError) -> Int {
    guard !hasOverflowed else {
      throw CapacityError(requiredBytes: requiredCount, capacityBytes: output.count)
    }
    return requiredCount
  }
}

/// Something did not fit into memory of a fixed size: what it needed, and what there is.
public struct CapacityError: Error, Equatable {
  /// The size that was asked for, in bytes.
  public var requiredBytes: Int
  /// The size there is, in bytes.
  public var capacityBytes: Int

  /// `requiredBytes` were asked for where `capacityBytes` fit.
  public init(requiredBytes: Int, capacityBytes: Int) {
    self.requiredBytes = requiredBytes
    self.capacityBytes = capacityBytes
  }
}
