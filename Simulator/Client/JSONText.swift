import Bytes

/// Pieces of JSON (RFC 8259).
enum JSONText {
  /// `text` as a string with its quotation marks.
  static func string(_ text: String) -> String {
    let bytes = Array(text.utf8)
    // Six bytes for one at most.
    var output = [UInt8](repeating: 0, count: bytes.count * 6)
    var span = output.mutableSpan
    var writer = ByteWriter(span._mutatingExtracting(0..<(bytes.count * 6)))
    writer.append(jsonEscaped: bytes.span)
    let count = writer.requiredCount
    return "\"" + String(decoding: output.prefix(count), as: UTF8.self) + "\""
  }

  /// The string, or `null`.
  static func string(_ text: String?) -> String { text.map { string($0) } ?? "null" }

  /// The number, or `null`.
  static func number<Number: FixedWidthInteger>(_ value: Number?) -> String { value.map { "\($0)" } ?? "null" }

  /// Milliseconds as seconds with three decimals.
  static func seconds(milliseconds: UInt64) -> String {
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }

  /// Lower-case hexadecimal digits of `bytes`.
  static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [UInt8](unsafeUninitializedCapacity: bytes.count * 2) { output, count in
      for (index, byte) in bytes.enumerated() {
        output.initializeElement(at: 2 * index, to: digits[Int(byte >> 4)])
        output.initializeElement(at: 2 * index + 1, to: digits[Int(byte & 15)])
      }
      count = bytes.count * 2
    }
  }
}
