import Bytes
import HAL

/// The firmware's own log lines.
enum Console {
  /// The longest line, as in board.h; what is longer is cut.
  typealias Line = InlineArray<255, UInt8>

  /// Writes one line.
  @inline(never)
  static func log(_ level: LogLevel, _ body: (inout ByteWriter) -> Void) {
    var line = Line(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    body(&writer)
    let count = writer.requiredCount
    log(level, line, count)
  }

  /// Writes the first `byteCount` bytes of `line`, or all where it is less.
  static func log(_ level: LogLevel, _ line: borrowing Line, _ byteCount: Int) {
    BoardCalls.log(level, line.span.extracting(first: byteCount))
  }
}

extension ByteWriter {
  /// Appends `words` with a number in the place of `%u`.
  @_lifetime(self: copy self)
  mutating func append(_ words: StaticString, _ first: UInt32, _ second: UInt32 = 0) {
    append(words, UInt64(truncatingIfNeeded: first), UInt64(truncatingIfNeeded: second))
  }
}
