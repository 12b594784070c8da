import Bytes
import Glibc
import HAL

/// The kernel's random numbers, fetched many at a time: every frame of a client needs 32 bits of them.
struct EntropyPool {
  private static let byteCount = 4096
  private var bytes = [UInt8](repeating: 0, count: byteCount)
  private var used = byteCount

  /// 32 bits nobody can predict; each is given out once.
  mutating func bits() -> UInt32 {
    if used + 4 > Self.byteCount { refill() }
    defer { used += 4 }
    return bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: used, as: UInt32.self)
  }

  /// 16 bytes, as a WebSocket key needs them.
  mutating func nonce() -> InlineArray<16, UInt8> {
    var result = InlineArray<16, UInt8>(repeating: 0)
    for index in result.indices { result[index] = UInt8(truncatingIfNeeded: bits()) }
    return result
  }

  private mutating func refill() {
    do throws(EntropyError) {
      var source = LinuxEntropy()
      var span = bytes.mutableSpan
      try source.fill(&span)
    } catch {
      // getentropy(3) fails only where the kernel has no such call; there is nothing safe to go on with.
      fatalError("no random numbers from the kernel: \(error)")
    }
    used = 0
  }
}
