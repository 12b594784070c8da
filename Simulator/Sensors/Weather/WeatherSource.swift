/// Where the climate around a simulated sensor comes from.
public protocol WeatherSource: AnyObject {
  /// The climate for the next reading. `wallMilliseconds` is UTC since 1970-01-01.
  func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample
}

/// What a source has for the next reading.
public enum WeatherSample: Equatable, Sendable {
  /// The climate.
  case climate(Climate)
  /// Nothing yet; ask again later.
  case notYet
  /// Nothing any more: the input has ended.
  case ended
}

/// Why there is no climate. `description` is one line that says what to do.
public enum WeatherError: Error, Equatable, CustomStringConvertible {
  /// A file could not be opened or read; `reason` is the operating system's.
  case unreadable(path: String, reason: String)
  /// A file is larger than `limitBytes`.
  case tooLarge(path: String, limitBytes: Int)
  /// A CSV file without a row of readings.
  case noRows(path: String)
  /// A CSV file has no column of this name, or two.
  case missingColumn(path: String, line: Int, name: String)
  case duplicateColumn(path: String, line: Int, name: String)
  /// A row has another number of fields than the header.
  case fieldCount(path: String, line: Int, expected: Int, got: Int)
  /// A field is not a plain decimal number. `text` is what it is, cut to a sensible length.
  case notANumber(path: String, line: Int, name: String, text: String)
  /// A number is not one that the sensor can measure.
  case outOfRange(path: String, line: Int, name: String, text: String, range: String)
  /// A line of the standard input is longer than `limitBytes`.
  case lineTooLong(path: String, line: Int, limitBytes: Int)
  /// A line of the standard input has more than two fields.
  case tooManyNumbers(path: String, line: Int, got: Int)
  /// This computer has no thermal sensor below `root`, or none that can be read.
  case noHostSensor(root: String)
  /// `--sensor` got something else than model, csv:FILE, host or stdin.
  case unknownSource(text: String)

  /// The error in one line, file and line number first where there are any.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let limit):
      "\(path): larger than the \(limit) bytes that are read at most"
    case .noRows(let path):
      "\(path): no readings in it: expected a header row and at least one row"
    case .missingColumn(let path, let line, let name):
      "\(path):\(line): no column \(name) in the header row"
    case .duplicateColumn(let path, let line, let name):
      "\(path):\(line): column \(name) is in the header row twice"
    case .fieldCount(let path, let line, let expected, let got):
      "\(path):\(line): expected \(expected) fields, got \(got)"
    case .notANumber(let path, let line, let name, let text):
      "\(path):\(line): \(name): expected a decimal number, got \"\(text)\""
    case .outOfRange(let path, let line, let name, let text, let range):
      "\(path):\(line): \(name): expected \(range), got \(text)"
    case .lineTooLong(let path, let line, let limit):
      "\(path):\(line): longer than \(limit) bytes"
    case .tooManyNumbers(let path, let line, let got):
      "\(path):\(line): expected a temperature and at most a humidity, got \(got) fields"
    case .noHostSensor(let root):
      "no readable thermal sensor under \(root)class/thermal or \(root)class/hwmon (virtual machines often have "
        + "none): use --sensor model, csv:FILE or stdin"
    case .unknownSource(let text):
      "--sensor: expected model, csv:FILE, host or stdin, got \"\(text)\""
    }
  }
}

/// What the SHTC3 can measure, for checks of what a person supplies.
enum ClimateRange {
  static let temperatureMillidegrees = Int64(-40_000)...125_000
  static let humidityMillipercent = Int64(0)...100_000
  static let temperatureText = "-40 to 125"
  static let humidityText = "0 to 100"
}

/// A source as `--sensor` names it.
public enum WeatherOption: Equatable, Sendable {
  /// A daily curve by the wall clock.
  case model
  /// Replay of a CSV file.
  case csv(path: String)
  /// This computer's thermal sensors.
  case host
  /// A number a line on the standard input.
  case standardInput

  /// Reads `model`, `csv:FILE`, `host` or `stdin`.
  public init(argument: String) throws(WeatherError) {
    switch argument {
    case "model": self = .model
    case "host": self = .host
    case "stdin": self = .standardInput
    default:
      guard argument.hasPrefix("csv:"), argument.utf8.count > 4 else { throw .unknownSource(text: argument) }
      self = .csv(path: String(argument.dropFirst(4)))
    }
  }

  /// One source for each of `boardCount` boards. Model boards differ by seed; CSV boards replay the same rows at
  /// `csvPace`; host boards take the computer's sensors in turn; from the standard input each line goes to one board.
  public func makeSources(
    boardCount: Int, seed: UInt64, csvPace: ReplayedWeather.Pace = .rowPerReading
  ) throws(WeatherError) -> [any WeatherSource] {
    var sources: [any WeatherSource] = []
    switch self {
    case .model:
      for board in 0..<boardCount { sources.append(ModelWeather(seed: seed &+ UInt64(board))) }
    case .csv(let path):
      let rows = try ClimateTable(path: path)
      for _ in 0..<boardCount { sources.append(ReplayedWeather(rows, pace: csvPace)) }
    case .host:
      let sensors = try HostThermometer.all()
      for board in 0..<boardCount { sources.append(HostWeather(sensors[board % sensors.count])) }
    case .standardInput:
      let input = InputWeather(descriptor: 0)
      for _ in 0..<boardCount { sources.append(input) }
    }
    return sources
  }
}
