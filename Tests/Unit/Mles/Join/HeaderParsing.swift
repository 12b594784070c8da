@testable import Mles

/// A parsed header as values, for comparisons.
struct ParsedHeader: Equatable {
  var uid: [UInt8]
  var channel: [UInt8]
  var auth: [UInt8]?

  init(uid: [UInt8], channel: [UInt8], auth: [UInt8]? = nil) {
    self.uid = uid
    self.channel = channel
    self.auth = auth
  }

  /// Parses `json` with a storage of `capacity` bytes, by default as many as the text has.
  static func parse(_ json: [UInt8], capacity: Int? = nil) throws(JoinHeaderError) -> ParsedHeader {
    var storage = [UInt8](repeating: 0xEE, count: capacity ?? json.count)
    var span = storage.mutableSpan
    let fields = try JoinHeader.parse(json.span, into: &span)
    return ParsedHeader(
      uid: Array(storage[fields.uid]), channel: Array(storage[fields.channel]),
      auth: fields.auth.map { Array(storage[$0]) })
  }

  /// The error that parsing `json` ends with, nil when it is accepted.
  static func error(_ json: [UInt8], capacity: Int? = nil) -> JoinHeaderError? {
    do throws(JoinHeaderError) {
      _ = try parse(json, capacity: capacity)
      return nil
    } catch {
      return error
    }
  }
}
