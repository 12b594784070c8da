import Bytes

extension JoinHeader {
  /// Reads the text of a join header and puts the decoded fields, one behind the other, into `storage`.
  ///
  /// The text is one JSON object by the exact grammar of RFC 8259, in UTF-8, with white space around it allowed and
  /// nothing else. Fields come in any order. `uid` and `channel` are strings, after unescaping ASCII and not empty;
  /// `auth` is a string or null, or absent. None of the three may come twice, also not with another spelling of its
  /// name (`"\u0075id"` is `uid`). Other fields are ignored, but have to be correct JSON.
  ///
  /// Storage as large as the text is always enough. When an error is thrown, its contents mean nothing.
  @_lifetime(storage: copy storage)
  public static func parse(
    _ json: Span<UInt8>, into storage: inout MutableSpan<UInt8>
  ) throws(JoinHeaderError) -> Fields {
    var reader = JSONReader(json)
    var found = FoundFields()
    try reader.skip(0x7B, .object)
    if reader.peekToken() == 0x7D {
      reader.advance()
    } else {
      repeat {
        try parseField(&reader, &found, into: &storage)
      } while try hasMoreFields(&reader)
    }
    guard reader.peekToken() == nil else { throw reader.unexpected(.end) }
    guard let uid = found.uid else { throw .missing(.uid) }
    guard let channel = found.channel else { throw .missing(.channel) }
    return Fields(uid: uid, channel: channel, auth: found.auth)
  }

  private struct FoundFields {
    var uid: Range<Int>?
    var channel: Range<Int>?
    var auth: Range<Int>?
    var hasAuth = false
    /// Bytes of the storage that are taken.
    var usedBytes = 0
  }

  /// Reads what is behind a field: true for a comma, false for the end of the object.
  @_lifetime(reader: copy reader)
  private static func hasMoreFields(_ reader: inout JSONReader) throws(JoinHeaderError) -> Bool {
    let token = reader.peekToken()
    guard token == 0x2C || token == 0x7D else { throw reader.unexpected(.commaOrObjectEnd) }
    reader.advance()
    return token == 0x2C
  }

  @_lifetime(reader: copy reader)
  @_lifetime(storage: copy storage)
  private static func parseField(
    _ reader: inout JSONReader, _ found: inout FoundFields, into storage: inout MutableSpan<UInt8>
  ) throws(JoinHeaderError) {
    _ = reader.peekToken()
    let nameOffset = reader.offset
    let field = try parseName(&reader)
    try reader.skip(0x3A, .colon)
    switch field {
    case .uid:
      guard found.uid == nil else { throw .duplicate(.uid, offset: nameOffset) }
      found.uid = try parseString(&reader, .uid, &found.usedBytes, into: &storage)
    case .channel:
      guard found.channel == nil else { throw .duplicate(.channel, offset: nameOffset) }
      found.channel = try parseString(&reader, .channel, &found.usedBytes, into: &storage)
    case .auth:
      guard !found.hasAuth else { throw .duplicate(.auth, offset: nameOffset) }
      found.hasAuth = true
      if reader.peekToken() == 0x6E {
        try reader.skipLiteral("null")
      } else {
        found.auth = try parseString(&reader, .auth, &found.usedBytes, into: &storage)
      }
    case nil:
      try reader.skipValue(depth: 1)
    }
  }

  /// Reads a field name: one of ours, or nil for any other.
  @_lifetime(reader: copy reader)
  private static func parseName(_ reader: inout JSONReader) throws(JoinHeaderError) -> JoinField? {
    try reader.openString(.fieldName)
    // The name's first 8 bytes, last one lowest: enough to tell ours (7 bytes at most) from any other.
    var name: UInt64 = 0
    var byteCount = 0
    while let byte = try reader.nextStringByte() {
      if byteCount < 8 { name = name &<< 8 | UInt64(extending: byte) }
      byteCount += 1
    }
    switch (byteCount, name) {
    case (3, 0x75_6964): return .uid
    case (7, 0x63_6861_6E6E_656C): return .channel
    case (4, 0x6175_7468): return .auth
    default: return nil
    }
  }

  /// Reads a string value into the storage behind the `usedBytes` that are taken, and takes it.
  @_lifetime(reader: copy reader)
  @_lifetime(storage: copy storage)
  private static func parseString(
    _ reader: inout JSONReader, _ field: JoinField, _ usedBytes: inout Int, into storage: inout MutableSpan<UInt8>
  ) throws(JoinHeaderError) -> Range<Int> {
    try reader.openString(field == .auth ? .stringOrNull : .string)
    let start = usedBytes
    let valueOffset = reader.offset
    while let byte = try reader.nextStringByte() {
      guard field == .auth || byte < 0x80 else { throw .notASCII(field, offset: reader.characterOffset) }
      guard usedBytes < storage.count else {
        throw .storageTooSmall(offset: reader.characterOffset, capacityBytes: storage.count)
      }
      storage[usedBytes] = byte
      usedBytes += 1
    }
    guard field == .auth || usedBytes > start else { throw .empty(field, offset: valueOffset) }
    return start..<usedBytes
  }
}
