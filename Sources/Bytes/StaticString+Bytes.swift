extension StaticString {
  /// The UTF-8 bytes of a literal, which are there as long as the program is.
  public var bytes: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let bytes = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
      return unsafe _overrideLifetime(bytes, copying: ())
    }
  }
}
