/// The rows of a CSV file with temperature and humidity.
///
/// The first row names the columns; `temperature_c` and `relative_humidity_pct` are read, others ignored. Fields are
/// separated by commas, not quoted; lines end in LF or CRLF. Anything else is an error with file and line number.
public struct ClimateTable: Sendable {
  /// The name of the column with degrees Celsius.
  public static let temperatureColumn = "temperature_c"
  /// The name of the column with percent of relative humidity.
  public static let humidityColumn = "relative_humidity_pct"
  /// The largest file that is read, in bytes.
  public static let fileSizeMax = 64 << 20

  /// The rows in the order of the file, at least one.
  public let rows: [Climate]

  /// Reads the file at `path`.
  public init(path: String) throws(WeatherError) {
    try self.init(TextFile.read(path, limitBytes: Self.fileSizeMax), path: path)
  }

  /// Reads `contents`; errors name it `path`.
  public init(_ contents: [UInt8], path: String) throws(WeatherError) {
    var bytes = contents[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    if bytes.last == 0x0A { bytes.removeLast() }
    guard !bytes.isEmpty else { throw .noRows(path: path) }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).makeIterator()
    let header = try Header(CSVLine.fields(lines.next() ?? []), path: path)
    var rows: [Climate] = []
    var line = 1
    while let row = lines.next() {
      line += 1
      rows.append(try header.climate(CSVLine.fields(row), line: line))
    }
    guard !rows.isEmpty else { throw .noRows(path: path) }
    self.rows = rows
  }
}

/// The fields of a line of CSV without quotes.
enum CSVLine {
  /// What lies between commas, without the blanks around it and without the line's carriage return.
  static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    withoutReturn(line).split(separator: 0x2C, omittingEmptySubsequences: false).map(trimmed)
  }

  static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == 0x0D ? line.dropLast() : line
  }

  private static func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    let start = field.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
    return start[...last]
  }
}

/// Which column is where.
private struct Header {
  let path: String
  let fieldCount: Int
  let temperatureIndex: Int
  let humidityIndex: Int

  init(_ names: [ArraySlice<UInt8>], path: String) throws(WeatherError) {
    self.path = path
    fieldCount = names.count
    temperatureIndex = try Self.index(of: ClimateTable.temperatureColumn, in: names, path: path)
    humidityIndex = try Self.index(of: ClimateTable.humidityColumn, in: names, path: path)
  }

  private static func index(
    of name: String, in names: [ArraySlice<UInt8>], path: String
  ) throws(WeatherError) -> Int {
    let found = names.indices.filter { names[$0].elementsEqual(name.utf8) }
    guard let index = found.first else { throw .missingColumn(path: path, line: 1, name: name) }
    guard found.count == 1 else { throw .duplicateColumn(path: path, line: 1, name: name) }
    return index
  }

  func climate(_ fields: [ArraySlice<UInt8>], line: Int) throws(WeatherError) -> Climate {
    guard fields.count == fieldCount else {
      throw .fieldCount(path: path, line: line, expected: fieldCount, got: fields.count)
    }
    let place = InputPlace(path: path, line: line)
    return Climate(
      temperatureMillidegrees: try place.temperature(
        fields[temperatureIndex], name: ClimateTable.temperatureColumn),
      humidityMillipercent: try place.humidity(fields[humidityIndex], name: ClimateTable.humidityColumn))
  }
}

/// Where a number stands that a person supplied: the checks, and the errors that name the place.
struct InputPlace {
  var path: String
  var line: Int

  func temperature(_ field: ArraySlice<UInt8>, name: String) throws(WeatherError) -> Int32 {
    try number(field, name, ClimateRange.temperatureMillidegrees, ClimateRange.temperatureText)
  }

  func humidity(_ field: ArraySlice<UInt8>, name: String) throws(WeatherError) -> Int32 {
    try number(field, name, ClimateRange.humidityMillipercent, ClimateRange.humidityText)
  }

  private func number(
    _ field: ArraySlice<UInt8>, _ name: String, _ range: ClosedRange<Int64>, _ rangeText: String
  ) throws(WeatherError) -> Int32 {
    let text = Self.printable(field)
    guard let value = Decimal.thousandths(field) else {
      throw .notANumber(path: path, line: line, name: name, text: text)
    }
    guard range.contains(value) else {
      throw .outOfRange(path: path, line: line, name: name, text: text, range: rangeText)
    }
    return Int32(clamping: value)
  }

  /// A field for an error message: at most 40 bytes, and nothing that a terminal would act on.
  static func printable(_ field: ArraySlice<UInt8>) -> String {
    let shown = field.prefix(40).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
    return String(decoding: shown, as: UTF8.self) + (field.count > 40 ? "..." : "")
  }
}
