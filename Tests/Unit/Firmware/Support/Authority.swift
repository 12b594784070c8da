import TLS

/// A CA's certificate in PEM, made once in a test run.
enum Authority {
  static let pem: [UInt8] = {
    let made = try? DevelopmentCertificate.authority(
      name: Array("Test CA".utf8).span, validFromSeconds: 946_684_800, validToSeconds: 4_102_444_800)
    guard let made else { return [] }
    var bytes: [UInt8] = []
    for index in made.certificate.indices { bytes.append(made.certificate[index]) }
    return bytes
  }()

  /// The same in DER.
  static var der: [UInt8] {
    let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
    return base64(lines.joined())
  }

  private static func base64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bits: UInt32 = 0
    var count = 0
    var bytes: [UInt8] = []
    for digit in text.utf8 {
      guard let value = alphabet.firstIndex(of: digit) else { continue }
      bits = bits << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return bytes
  }
}
