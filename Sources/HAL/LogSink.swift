/// Where log lines go: a serial console, standard error.
public protocol LogSink: ~Copyable {
  /// Writes one line, UTF-8 without a line end. Must not block for long; may drop lines when it would.
  mutating func log(_ level: LogLevel, _ line: Span<UInt8>)
}

/// How much a log line matters.
public enum LogLevel: UInt8, Comparable {
  case debug
  case info
  case warning
  case error

  /// Orders by how much a line matters.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
