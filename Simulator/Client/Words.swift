import Bytes

/// What a writer of the embedded code wrote, as a String.
enum Words {
  /// The longest text kept, in bytes; what is longer is cut.
  static let byteCountMax = 512

  /// The text that `body` writes.
  static func text(_ body: (inout ByteWriter) -> Void) -> String {
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    var span = bytes.mutableSpan
    var writer = ByteWriter(span._mutatingExtracting(0..<byteCountMax))
    body(&writer)
    let count = min(writer.requiredCount, byteCountMax)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
