import Bytes
import HAL

/// The firmware's own log lines.
enum Console {
  /// The longest line in bytes, as in board.h; what is longer is cut.
  static var lineBytesMax: Int { 255 }

  /// Writes one line.
  @inline(never)
  static func log(_ level: LogLevel, _ body: (inout ByteWriter) -> Void) {
    var line = InlineArray<255, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    body(&writer)
    let count = min(writer.requiredCount, lineBytesMax)
    BoardCalls.log(level, line.span.extracting(0..<count))
  }
}

extension ByteWriter {
  /// Appends `words`, then `number`.
  @inline(never)
  @_lifetime(self: copy self)
  mutating func append(_ words: StaticString, _ number: UInt32) {
    append(words)
    append(decimal: UInt64(truncatingIfNeeded: number))
  }
}
