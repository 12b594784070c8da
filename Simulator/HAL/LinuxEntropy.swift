import Glibc
public import HAL

/// The kernel's random generator: glibc's `getentropy(3)`, which is getrandom(2) that never returns part of a request.
public struct LinuxEntropy: EntropySource, Sendable {
  /// The most bytes that one `getentropy` call may ask for.
  private static let chunkByteCount = 256

  /// The generator of this computer; there is nothing to set up.
  public init() {}

  /// Fills all of `bytes`.
  public mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    let failure: Int32 = bytes.withUnsafeMutableBytes { memory in
      var offset = 0
      while offset < memory.count {
        let count = min(Self.chunkByteCount, memory.count - offset)
        guard getentropy(memory.baseAddress.map { $0 + offset }, count) == 0 else { return errno }
        offset += count
      }
      return 0
    }
    guard failure == 0 else { throw .unavailable(code: failure) }
  }
}
