import Bytes
import CBoard
import HAL
import TLS

/// A value of the board's configuration; board.h has the table.
enum Setting: UInt8 {
  case host
  case port
  case path
  case authorities
  case channel
  case uid
  case key
  case interval
  case limit
  case ghost

  /// The key that it is stored under.
  var name: StaticString {
    switch self {
    case .host: "host"
    case .port: "port"
    case .path: "path"
    case .authorities: "ca"
    case .channel: "channel"
    case .uid: "uid"
    case .key: "key"
    case .interval: "interval"
    case .limit: "limit"
    case .ghost: "ghost"
    }
  }

  /// What it should be, for the line that says that it is not.
  var expected: StaticString {
    switch self {
    case .host: "a DNS name or an IPv4 address"
    case .port: "1 to 65535"
    case .path: "a path that begins with /, at most 128 bytes"
    case .authorities: "certificates in PEM or one in DER, at most 8192 bytes"
    case .channel, .uid: "1 to 64 ASCII characters"
    case .key: "at most 256 bytes"
    case .interval: "1 to 4294967295 milliseconds"
    case .limit: "1 to 4294967295 readings"
    case .ghost: "wait or respell"
    }
  }

  /// Whether the node cannot do without it.
  var isRequired: Bool { self == .host || self == .channel || self == .uid }

  /// Whether the log may show what came instead.
  var isShown: Bool { self != .key && self != .authorities }
}

/// Reads values and says of each that is not as expected so in a line of its own.
struct SettingsReader {
  /// The longest part of a wrong value that is shown, in bytes.
  static var shownBytesMax: Int { 48 }
  /// How long to wait before the values are read again, in milliseconds.
  static var retryMilliseconds: UInt64 { 10_000 }

  /// Whether something was missing or wrong.
  private(set) var hasFailed = false

  /// The value's size without a line end behind it, at most `output.count` bytes; nil when there is none, or an empty
  /// one, or it could not be read, which then has been said.
  mutating func read(
    _ setting: Setting, isRequired: Bool = false, into output: inout MutableSpan<UInt8>
  ) -> Int? {
    let result = BoardCalls.readValue(setting.name, into: &output)
    var count = max(0, min(Int(result), output.count))
    if count > 0, output[count - 1] == 0x0A { count -= 1 }
    if count > 0, output[count - 1] == 0x0D { count -= 1 }
    if count > 0 { return count }
    let isMissing = result >= 0 || result == Int32(BOARD_VALUE_MISSING)
    if !isMissing || isRequired || setting.isRequired { complain(setting, result, Span()) }
    return nil
  }

  /// The decimal number from 1 to `maximum`; nil when there is none.
  mutating func number(_ setting: Setting, maximum: UInt32 = .max) -> UInt32? {
    var digits = InlineArray<32, UInt8>(repeating: 0)
    var space = digits.mutableSpan
    guard let count = read(setting, into: &space) else { return nil }
    var value: UInt32 = 0
    for index in 0..<count {
      let digit = UInt32(digits[index]) &- 0x30
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      guard digit < 10, !isTooLarge, digit <= maximum, product <= maximum - digit else {
        refuse(setting, digits.span.extracting(0..<count))
        return nil
      }
      value = product + digit
    }
    if value == 0 { refuse(setting, digits.span.extracting(0..<count)) }
    return value > 0 ? value : nil
  }

  /// Says that `value` is not what was expected.
  mutating func refuse(_ setting: Setting, _ value: Span<UInt8>) {
    complain(setting, Int32(truncatingIfNeeded: value.count), value)
  }

  /// Says that TLS cannot be set up.
  mutating func refuse(_ error: TLSError) {
    hasFailed = true
    Console.log(.error) { writer in
      writer.append("TLS: ")
      error.describe(to: &writer)
      Self.appendRetry(to: &writer)
    }
  }

  /// `result` is what board.h's function returned; `value` the bytes that came, if any.
  @inline(never)
  private mutating func complain(_ setting: Setting, _ result: Int32, _ value: Span<UInt8>) {
    hasFailed = true
    Console.log(.error) { writer in
      writer.append("configuration: ")
      writer.append(setting.name)
      writer.append(": expected ")
      writer.append(setting.expected)
      writer.append(", got ")
      Self.describe(setting, result, value, to: &writer)
      Self.appendRetry(to: &writer)
    }
  }

  @inline(never)
  @_lifetime(writer: copy writer)
  private static func appendRetry(to writer: inout ByteWriter) {
    writer.append("; trying again in %u s", UInt32(truncatingIfNeeded: retryMilliseconds / 1000))
  }

  @_lifetime(writer: copy writer)
  private static func describe(
    _ setting: Setting, _ result: Int32, _ value: Span<UInt8>, to writer: inout ByteWriter
  ) {
    if result == 0 || result == Int32(BOARD_VALUE_MISSING) { return writer.append("nothing") }
    if result < 0, result != Int32(BOARD_VALUE_TOO_LARGE) {
      return writer.append("an error of the store, code %d", UInt64(bitPattern: Int64(board_value_code())))
    }
    guard result > 0, setting.isShown else {
      return writer.append("%u bytes", UInt32(bitPattern: result > 0 ? result : board_value_code()))
    }
    writer.append(0x22)
    for index in 0..<min(value.count, shownBytesMax) {
      let byte = value[index]
      writer.append(byte >= 0x20 && byte < 0x7F ? byte : 0x3F)
    }
    writer.append(value.count > shownBytesMax ? "...\"" : "\"")
  }
}
