extension MutableSpan<UInt8> {
  /// Overwrites all bytes with zeros, also when nobody will read them again: for memory that held a secret.
  ///
  /// An ordinary loop may be left out as having no effect, when the compiler sees that the memory is about to be given
  /// back. Copies that were made of the bytes are not found: keep a secret in one place.
  @_lifetime(self: copy self)
  public mutating func erase() {
    unsafe withUnsafeMutableBufferPointer { unsafe overwriteWithZeros($0.baseAddress, $0.count) }
  }
}

/// Overwrites `value` with zeros, also when nobody will read it again: for a small structure that held a secret.
public func erase<Value: BitwiseCopyable>(_ value: inout Value) {
  unsafe withUnsafeMutableBytes(of: &value) { bytes in
    unsafe overwriteWithZeros(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
  }
}

/// Not optimised, which also means that nothing is known about it where it is called: not even that it only writes.
@_optimize(none)
@inline(never)
private func overwriteWithZeros(_ start: UnsafeMutablePointer<UInt8>?, _ byteCount: Int) {
  guard let start else { return }
  var offset = 0
  while offset < byteCount {
    unsafe start[offset] = 0
    offset &+= 1
  }
}
