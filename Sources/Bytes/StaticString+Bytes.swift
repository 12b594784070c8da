extension StaticString {
  /// The UTF-8 bytes of a literal, which are there as long as the program is.
  public var bytes: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let bytes = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
      return unsafe _overrideLifetime(bytes, copying: ())
    }
  }

  /// Part number `index`, from 0, of those that `|` separates; what is behind the last one is empty.
  @_lifetime(immortal)
  @inline(never)
  public func part(_ index: Int) -> Span<UInt8> {
    let bytes = self.bytes
    var (part, start, end) = (0, 0, 0)
    while end < bytes.count {
      if bytes[end] == 0x7C {
        if part == index { break }
        part &+= 1
        start = end &+ 1
      }
      end &+= 1
    }
    return bytes.extracting((part == index ? start : end)..<end)
  }
}
