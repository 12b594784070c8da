// The one place where bytes are copied through raw pointers: a bounds check, then a single block copy.
// A loop over span subscripts costs a check and a load per byte, and the optimizer does not always remove them.

extension MutableSpan<UInt8> {
  /// Overwrites the bytes from `offset` on with all of `source`.
  ///
  /// Like a subscript, it traps when the bytes do not lie within the span: check sizes that come from outside first.
  @_lifetime(self: copy self)
  public mutating func copyBytes(_ source: Span<UInt8>, to offset: Int) {
    precondition(offset >= 0 && source.count <= count - offset, "copyBytes out of bounds")
    guard source.count > 0 else { return }
    unsafe self.withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { bytes in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: bytes)
      }
    }
  }

  /// Copies the bytes of `range` to where they begin at `offset`; the two places may overlap.
  ///
  /// Like a subscript, it traps when either place does not lie within the span.
  @_lifetime(self: copy self)
  public mutating func moveBytes(_ range: Range<Int>, to offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "moveBytes reads out of bounds")
    precondition(offset >= 0 && range.count <= count - offset, "moveBytes writes out of bounds")
    guard !range.isEmpty, range.lowerBound != offset else { return }
    unsafe self.withUnsafeMutableBytes { bytes in
      let source = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
      unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: source)
    }
  }
}
