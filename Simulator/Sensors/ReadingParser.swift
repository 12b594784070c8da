/// A reading as a subscriber finds it in a message. See `Reading` for the members.
public struct ParsedReading: Equatable, Sendable {
  /// The board's name on the channel.
  public var uid: String
  /// How often the board had started.
  public var bootCount: UInt32
  /// The number of the reading since then.
  public var sequence: UInt32
  /// UTC in milliseconds since 1970-01-01; nil where the board did not know it.
  public var unixMilliseconds: UInt64?
  /// Thousandths of a degree Celsius.
  public var temperatureMillidegrees: Int32
  /// Thousandths of a percent; nil where the sensor has none.
  public var humidityMillipercent: Int32?
  /// Whether a simulator made it up.
  public var isSimulated: Bool
  /// Why the board had started, where it says so.
  public var resetReason: String?

  /// The largest message that is looked at, in bytes.
  public static let sizeMax = 4_096

  /// The reading in `payload`, or nil where it is anything but one JSON object with the members of a reading: each
  /// of its type and in its range, none twice, none missing that must be there, and no other. Order and blanks do
  /// not matter.
  public init?(_ payload: Span<UInt8>) {
    guard payload.count <= Self.sizeMax else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count)
    for index in payload.indices { bytes.append(payload[index]) }
    var cursor = JSONCursor(bytes)
    guard let members = Members(&cursor), cursor.isAtEnd() else { return nil }
    guard let uid = members.uid, let boot = members.boot, let sequence = members.sequence,
      let time = members.time, let temperature = members.temperature
    else { return nil }
    self.uid = uid
    bootCount = boot
    self.sequence = sequence
    unixMilliseconds = time.milliseconds
    temperatureMillidegrees = temperature
    humidityMillipercent = members.humidity
    isSimulated = members.isSimulated ?? false
    resetReason = members.resetReason
  }
}

/// The members met so far.
private struct Members {
  /// A time that is there, and may be `null`.
  struct Time {
    var milliseconds: UInt64?
  }

  var uid: String?
  var boot: UInt32?
  var sequence: UInt32?
  var time: Time?
  var temperature: Int32?
  var humidity: Int32?
  var isSimulated: Bool?
  var resetReason: String?

  init?(_ cursor: inout JSONCursor) {
    guard cursor.take(0x7B) else { return nil }
    repeat {
      guard let name = cursor.string(), cursor.take(0x3A), read(name, &cursor) else { return nil }
    } while cursor.take(0x2C)
    guard cursor.take(0x7D) else { return nil }
  }

  /// Reads the value of the member `name`; false when it is not of the right kind, unknown, or a second one.
  private mutating func read(_ name: String, _ cursor: inout JSONCursor) -> Bool {
    switch name {
    case "uid": Self.set(&uid, cursor.string())
    case "boot": Self.set(&boot, cursor.unsigned().flatMap(UInt32.init(exactly:)))
    case "seq": Self.set(&sequence, cursor.unsigned().flatMap(UInt32.init(exactly:)))
    case "time":
      Self.set(&time, cursor.take("null") ? Time(milliseconds: nil) : cursor.unsigned().map(Time.init(milliseconds:)))
    case "temperature": Self.set(&temperature, cursor.thousandths().flatMap(Int32.init(exactly:)))
    case "humidity": Self.set(&humidity, cursor.thousandths().flatMap(Int32.init(exactly:)))
    case "simulated": Self.set(&isSimulated, cursor.take("true") ? true : cursor.take("false") ? false : nil)
    case "reset": Self.set(&resetReason, cursor.string())
    default: false
    }
  }

  private static func set<Value>(_ member: inout Value?, _ value: Value?) -> Bool {
    guard member == nil, let value else { return false }
    member = value
    return true
  }
}

/// Takes JSON apart from front to back (RFC 8259), as far as readings need it: strings, plain decimal numbers, words.
struct JSONCursor {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Whether only blanks are left.
  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return position == bytes.count
  }

  /// Goes past `byte`, and blanks before it, if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Goes past `word` if it is next.
  mutating func take(_ word: StaticString) -> Bool {
    skipBlanks()
    let isNext = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if isNext { position += word.utf8CodeUnitCount }
    return isNext
  }

  /// A whole number from 0 to 2^64 - 1.
  mutating func unsigned() -> UInt64? {
    skipBlanks()
    let digits = self.digits()
    guard !digits.isEmpty, digits.count == 1 || digits.first != 0x30 else { return nil }
    guard peek() != 0x2E, peek() != 0x65, peek() != 0x45 else { return nil }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }

  /// A number with at most three decimals and no exponent, in thousandths.
  mutating func thousandths() -> Int64? {
    skipBlanks()
    let start = position
    if peek() == 0x2D { position += 1 }
    let whole = digits()
    guard !whole.isEmpty, whole.count == 1 || whole.first != 0x30 else { return nil }
    if peek() == 0x2E {
      position += 1
      guard (1...3).contains(digits().count) else { return nil }
    }
    guard peek() != 0x65, peek() != 0x45 else { return nil }
    return Decimal.thousandths(bytes[start..<position])
  }

  /// A string, its escapes resolved; nil when it is not one, or not UTF-8.
  mutating func string() -> String? {
    guard take(0x22) else { return nil }
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case 0x22: return String(validating: text, as: UTF8.self)
      case 0x00...0x1F: return nil
      case 0x5C:
        guard let scalar = escaped() else { return nil }
        text.append(contentsOf: Array(String(scalar).utf8))
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escaped() -> Unicode.Scalar? {
    switch next() {
    case 0x22: return "\""
    case 0x5C: return "\\"
    case 0x2F: return "/"
    case 0x62: return "\u{08}"
    case 0x66: return "\u{0C}"
    case 0x6E: return "\n"
    case 0x72: return "\r"
    case 0x74: return "\t"
    case 0x75:
      guard let unit = hexadecimalUnit() else { return nil }
      guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
      guard next() == 0x5C, next() == 0x75, let low = hexadecimalUnit(), (0xDC00...0xDFFF).contains(low) else {
        return nil
      }
      return Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    default: return nil
    }
  }

  private mutating func hexadecimalUnit() -> UInt32? {
    guard bytes.count - position >= 4 else { return nil }
    let digits = bytes[position..<position + 4]
    position += 4
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private mutating func digits() -> ArraySlice<UInt8> {
    let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
    position = digits.endIndex
    return digits
  }

  private func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func next() -> UInt8? {
    guard let byte = peek() else { return nil }
    position += 1
    return byte
  }

  private mutating func skipBlanks() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }
}
