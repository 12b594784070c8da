import Glibc

/// What a command writes: results on standard output, everything else on standard error.
///
/// On a terminal a progress line is rewritten in place at the end of standard error; elsewhere there is none. Results
/// that cannot be written end the command (`ConsoleError`); notes that cannot be written are dropped. Writing waits for
/// a slow reader of standard output: what prints results must not outrun whoever wants them.
public final class Console {
  /// How long a pipe may take no results before the command gives up.
  public static let outputTimeoutMilliseconds: Int32 = 10_000
  /// How much may be written before results are handed to the system at the latest.
  private static let bufferByteCount = 65_536
  /// What is written in one call: PIPE_BUF.
  private static let writeByteCount = 4096

  /// Before each note: `mles-sim relay` gives `mles-sim relay: …`.
  public var name: String
  /// Whether standard error is a terminal, so that a progress line makes sense.
  public let hasProgressLine: Bool
  private let output: Int32
  private let errorOutput: Int32
  private var buffer: [UInt8] = []
  private var progressText = ""

  /// A console on these descriptors.
  public init(name: String, output: Int32 = 1, errorOutput: Int32 = 2) {
    self.name = name
    self.output = output
    self.errorOutput = errorOutput
    hasProgressLine = isatty(errorOutput) == 1
  }

  /// To be called first of all: a write to a pipe whose reader has gone is an error from here on, not a signal, and a
  /// standard stream that was closed at the start stays closed to writers instead of becoming the next file opened.
  public static func prepareStandardStreams() {
    _ = signal(SIGPIPE, SIG_IGN)
    // Opened in order, so that the lowest descriptor free is the one that is missing.
    for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
  }

  // MARK: Results

  /// Writes one line of results, at once.
  public func line(_ text: String) throws(ConsoleError) {
    try write(Array(text.utf8) + [0x0A])
    try flush()
  }

  /// Adds bytes to the results; they are written by `flush()` or when there are many.
  public func write(_ bytes: [UInt8]) throws(ConsoleError) {
    buffer += bytes
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  /// Hands all results to the system.
  public func flush() throws(ConsoleError) {
    guard !buffer.isEmpty else { return }
    hideProgress()
    defer {
      buffer.removeAll(keepingCapacity: true)
      showProgress()
    }
    var offset = 0
    while offset < buffer.count {
      // A pipe that is ready takes this much without waiting, whether or not it is non-blocking (pipe(7)).
      try waitForOutput()
      let size = min(buffer.count - offset, Self.writeByteCount)
      let count = buffer.withUnsafeBytes { Glibc.write(output, $0.baseAddress.map { $0 + offset }, size) }
      if count > 0 {
        offset += count
        continue
      }
      switch errno {
      case EINTR, EAGAIN, EWOULDBLOCK: continue
      case EPIPE: throw .closed
      case let code: throw .failed(SystemError(code: code))
      }
    }
  }

  /// Whoever reads the results may be slow, but not for ever: the loop behind this console stands still meanwhile.
  private func waitForOutput() throws(ConsoleError) {
    guard output >= 0 else { return }
    let clock = LinuxClock()
    let start = clock.monotonicMilliseconds()
    var remaining = Self.outputTimeoutMilliseconds
    while remaining > 0 {
      var entry = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
      let result = poll(&entry, 1, remaining)
      if result > 0 { return }
      if result < 0 && errno != EINTR { throw .failed(SystemError(code: errno)) }
      // A signal, which whoever watches for it sees afterwards: it must not lead to a write that waits for ever.
      remaining = Self.outputTimeoutMilliseconds - Int32(clamping: clock.monotonicMilliseconds() &- start)
    }
    throw .stalled
  }

  // MARK: Notes and progress

  /// Writes `name: text` as one line on standard error.
  public func note(_ text: String) {
    hideProgress()
    writeToErrorOutput("\(name): \(text)\n")
    showProgress()
  }

  /// Shows `text` in the progress line, cut to the width of the terminal; nothing where there is no terminal.
  public func progress(_ text: String) {
    guard hasProgressLine, text != progressText else { return }
    hideProgress()
    progressText = text
    showProgress()
  }

  /// Removes the progress line, at the end of a run.
  public func endProgress() {
    hideProgress()
    progressText = ""
  }

  private func hideProgress() {
    if !progressText.isEmpty { writeToErrorOutput("\r\u{1B}[K") }
  }

  private func showProgress() {
    guard !progressText.isEmpty else { return }
    var size = winsize()
    let columns = ioctl(errorOutput, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
    writeToErrorOutput(String(Self.printable(progressText).prefix(columns - 1)))
  }

  private func writeToErrorOutput(_ text: String) {
    let bytes = Array(text.utf8)
    // One call for one line, so that lines of several processes do not mix. There is nowhere to report a failure.
    _ = bytes.withUnsafeBytes { Glibc.write(errorOutput, $0.baseAddress, $0.count) }
  }

  /// `text` with control characters (C0, DEL, C1) as `\xNN`, so that what a peer sent cannot steer a terminal.
  public static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether a terminal may take `scalar` for a command: C0, DEL and C1.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }
}

/// Why results could not be written.
public enum ConsoleError: Error, Equatable, CustomStringConvertible {
  /// The program that reads them has ended.
  case closed
  /// Nobody took them for `Console.outputTimeoutMilliseconds`.
  case stalled
  /// Anything else: a full disk, mostly.
  case failed(SystemError)

  /// One line for the user.
  public var description: String {
    switch self {
    case .closed: "standard output: the program reading it has ended"
    case .stalled: "standard output: nothing was read for \(Console.outputTimeoutMilliseconds / 1000) seconds"
    case .failed(let error): "standard output: \(error)"
    }
  }
}
