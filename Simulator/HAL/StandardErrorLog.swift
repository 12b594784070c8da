public import HAL

/// Log lines on standard error, above a progress line if there is one: `mles-sim: board-1: warning: no answer`.
public struct StandardErrorLog: LogSink {
  /// Lines that matter less are dropped.
  public var minimumLevel: LogLevel
  private let prefix: String
  private let console: Console

  /// A log that puts `prefix`, such as a board's name, before each line.
  public init(prefix: String, minimumLevel: LogLevel = .info, console: Console) {
    self.prefix = prefix
    self.minimumLevel = minimumLevel
    self.console = console
  }

  /// Writes one line; what could steer a terminal in it is written as `\xNN`.
  public mutating func log(_ level: LogLevel, _ line: Span<UInt8>) {
    guard level >= minimumLevel else { return }
    let text = line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    let name =
      switch level {
      case .debug: "debug: "
      case .info: ""
      case .warning: "warning: "
      case .error: "error: "
      }
    console.note((prefix.isEmpty ? "" : "\(prefix): ") + name + Console.printable(text))
  }
}
