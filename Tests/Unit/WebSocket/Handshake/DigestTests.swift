import Bytes
import Testing

@testable import WebSocket

@Suite struct DigestTests {
  /// FIPS 180-4 examples (NIST, "SHA1.pdf" and RFC 3174, section 7.3), and lengths around the block with values from
  /// `sha1sum` of coreutils.
  @Test(
    "SHA-1",
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
  func sha1(text: String, digest: String) { #expect(hexDigest(Array(text.utf8)) == digest) }

  @Test(
    "SHA-1 of n times the letter a",
    arguments: [
      (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"), (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
      (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"), (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
      (65, "11655326c708d70319be2610e8a57d9a5b959d3b"), (1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
  func sha1OfLetters(count: Int, digest: String) {
    #expect(hexDigest([UInt8](repeating: 0x61, count: count)) == digest)
  }

  /// RFC 4648, section 10.
  @Test(
    "Base 64",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64(text: String, encoded: String) throws {
    #expect(try written { Base64.write(Array(text.utf8).span, to: &$0) } == encoded)
  }

  @Test("All 64 digits, in order, and nothing else is one")
  func base64Alphabet() throws {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    let packed = stride(from: UInt32(0), to: 64, by: 4).flatMap { first -> [UInt8] in
      let group = first << 18 | (first + 1) << 12 | (first + 2) << 6 | (first + 3)
      return [UInt8(group >> 16), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
    }
    #expect(try written { Base64.write(packed.span, to: &$0) } == alphabet)
    for byte in UInt8.min...UInt8.max { #expect(Base64.isDigit(byte) == alphabet.utf8.contains(byte)) }
  }

  private func hexDigest(_ bytes: [UInt8]) -> String {
    var hash = SHA1()
    hash.update(bytes.span)
    let digest = hash.finalize()
    let digits = Array("0123456789abcdef")
    return array(digest.span).map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined()
  }
}
