import Glibc

/// Numbers from lines of text: the temperature in degrees Celsius and, behind spaces or a comma, the relative
/// humidity in percent where it is known. Empty lines are skipped; any other is an error with its number.
public struct ClimateLines {
  /// The longest line, in bytes.
  public static let lineSizeMax = 256

  private let path: String
  private var bytes: [UInt8] = []
  private var start = 0
  private var line = 0
  private var isFinished = false

  /// No lines yet; errors call the input `path`.
  public init(path: String = "stdin") {
    self.path = path
  }

  /// Adds what has arrived: any number of lines, or pieces of one.
  public mutating func append(_ more: some Sequence<UInt8>) {
    bytes.removeFirst(start)
    start = 0
    bytes.append(contentsOf: more)
  }

  /// Says that nothing more will arrive; the last line may lack its end.
  public mutating func finish() {
    isFinished = true
  }

  /// The next line's numbers; `notYet` when no whole line is there.
  public mutating func next() throws(WeatherError) -> WeatherSample {
    while let text = try nextLine() {
      if let climate = try climate(text) { return .climate(climate) }
    }
    return isFinished ? .ended : .notYet
  }

  private mutating func nextLine() throws(WeatherError) -> ArraySlice<UInt8>? {
    let rest = bytes[start...]
    let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
    guard end - start <= Self.lineSizeMax else {
      throw .lineTooLong(path: path, line: line + 1, limitBytes: Self.lineSizeMax)
    }
    guard end < rest.endIndex || (isFinished && !rest.isEmpty) else { return nil }
    start = min(end + 1, rest.endIndex)
    line += 1
    return rest[..<end]
  }

  private func climate(_ text: ArraySlice<UInt8>) throws(WeatherError) -> Climate? {
    let place = InputPlace(path: path, line: line)
    let text = CSVLine.withoutReturn(text)
    let isList = text.contains(0x2C)
    let fields = isList ? CSVLine.fields(text) : text.split { $0 == 0x20 || $0 == 0x09 }
    guard !fields.isEmpty else { return nil }
    guard fields.count <= 2 else { throw .tooManyNumbers(path: path, line: line, got: fields.count) }
    return Climate(
      temperatureMillidegrees: try place.temperature(fields[0], name: "temperature"),
      humidityMillipercent: fields.count == 2 ? try place.humidity(fields[1], name: "humidity") : nil)
  }
}

/// The climate as somebody tells it on a file descriptor, usually the standard input: each reading takes the next
/// line, and the end of the input is the end of the run. Never waits, and reads no further than it must: who writes
/// faster than readings are taken is slowed down by the pipe.
public final class InputWeather: WeatherSource {
  private let descriptor: Int32
  private let name: String
  private var lines: ClimateLines

  /// A source that reads `descriptor`, which stays the caller's; errors call it `name`.
  public init(descriptor: Int32, name: String = "stdin") {
    self.descriptor = descriptor
    self.name = name
    lines = ClimateLines(path: name)
  }

  /// The next line's numbers, if a whole line has arrived.
  public func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample {
    let sample = try lines.next()
    guard sample == .notYet, try readMore() else { return sample }
    return try lines.next()
  }

  /// Reads once if that does not wait. `poll` instead of O_NONBLOCK, because that flag would be seen by all who share
  /// the terminal or pipe, the calling shell among them.
  private func readMore() throws(WeatherError) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 0) > 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 {
      let code = errno
      if code == EINTR || code == EAGAIN { return false }
      throw .unreadable(path: name, reason: String(cString: strerror(code)))
    }
    if count == 0 { lines.finish() } else { lines.append(chunk[..<count]) }
    return true
  }
}
