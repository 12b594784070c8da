/// Numbers nobody can predict without the 128-bit seed: SipHash-2-4, as a pseudo-random function, of a counter. RFC 6455,
/// section 10.3, asks for masking keys from a strong source of entropy; the seed is that, fresh for each connection.
struct MaskingKeyGenerator {
  private let key0: UInt64
  private let key1: UInt64
  private var counter: UInt32 = 0

  init(key0: UInt64, key1: UInt64) {
    self.key0 = key0
    self.key1 = key1
  }

  mutating func next() -> UInt32 {
    counter &+= 1
    var hash = SipHash24(key0: key0, key1: key1)
    hash.update(UInt8(truncatingIfNeeded: counter))
    hash.update(UInt8(truncatingIfNeeded: counter &>> 8))
    hash.update(UInt8(truncatingIfNeeded: counter &>> 16))
    hash.update(UInt8(truncatingIfNeeded: counter &>> 24))
    return UInt32(truncatingIfNeeded: hash.finalize())
  }
}
