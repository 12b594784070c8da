extension JSONReader {
  /// Skips white space and one value of any kind. `depth` arrays and objects are open around it.
  @_lifetime(self: copy self)
  mutating func skipValue(depth: Int) throws(JoinHeaderError) {
    var open = OpenContainers(depth: depth)
    repeat {
      if try enterContainer(&open) { continue }
      try leaveContainers(&open)
    } while open.depth > depth
  }

  /// Skips a scalar value or an empty array or object and returns false, or the start of an array or object, up to
  /// where its first value begins, and returns true.
  @_lifetime(self: copy self)
  private mutating func enterContainer(_ open: inout OpenContainers) throws(JoinHeaderError) -> Bool {
    switch peekToken() {
    case 0x7B:
      try push(&open, isObject: true)
      guard peekToken() != 0x7D else { return false }
      try skipName()
      return true
    case 0x5B:
      try push(&open, isObject: false)
      return peekToken() != 0x5D
    case 0x22:
      try openString(.value)
      try skipStringRest()
    case let byte? where byte == 0x2D || Self.isDigit(byte): try skipNumber()
    case 0x74: try skipLiteral("true")
    case 0x66: try skipLiteral("false")
    case 0x6E: try skipLiteral("null")
    default: throw unexpected(.value)
    }
    return false
  }

  /// Skips the ends of arrays and objects behind a value, up to where the next value begins or nothing is open.
  @_lifetime(self: copy self)
  private mutating func leaveContainers(_ open: inout OpenContainers) throws(JoinHeaderError) {
    while open.depth > open.outerDepth {
      let token = peekToken()
      if open.isObject {
        if token == 0x2C {
          advance()
          return try skipName()
        }
        guard token == 0x7D else { throw unexpected(.commaOrObjectEnd) }
      } else {
        if token == 0x2C { return advance() }
        guard token == 0x5D else { throw unexpected(.commaOrArrayEnd) }
      }
      advance()
      open.pop()
    }
  }

  @_lifetime(self: copy self)
  private mutating func push(_ open: inout OpenContainers, isObject: Bool) throws(JoinHeaderError) {
    guard open.push(isObject: isObject) else {
      throw .nestedTooDeep(offset: offset, maximum: JoinHeader.maximumDepth)
    }
    advance()
  }

  /// Skips a field name and the colon behind it.
  @_lifetime(self: copy self)
  private mutating func skipName() throws(JoinHeaderError) {
    try openString(.fieldName)
    try skipStringRest()
    try skip(0x3A, .colon)
  }

  @_lifetime(self: copy self)
  private mutating func skipStringRest() throws(JoinHeaderError) {
    while try nextStringByte() != nil {}
  }

  /// Skips `true`, `false` or `null`.
  @_lifetime(self: copy self)
  mutating func skipLiteral(_ literal: StaticString) throws(JoinHeaderError) {
    for index in 0..<literal.utf8CodeUnitCount {
      let expected = unsafe literal.utf8Start[index]
      guard peek == expected else { throw unexpected(.literal) }
      advance()
    }
  }

  /// Skips a number: no leading zero, digits on both sides of a point, digits in an exponent (RFC 8259 section 6).
  @_lifetime(self: copy self)
  private mutating func skipNumber() throws(JoinHeaderError) {
    if peek == 0x2D { advance() }
    if peek == 0x30 { advance() } else { try skipDigits() }
    if peek == 0x2E {
      advance()
      try skipDigits()
    }
    if peek == 0x65 || peek == 0x45 {
      advance()
      if peek == 0x2B || peek == 0x2D { advance() }
      try skipDigits()
    }
  }

  @_lifetime(self: copy self)
  private mutating func skipDigits() throws(JoinHeaderError) {
    var count = 0
    while let byte = peek, Self.isDigit(byte) {
      advance()
      count += 1
    }
    guard count > 0 else { throw unexpected(.digit) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

/// Which arrays and objects are open, one bit each: `JoinHeader.maximumDepth` of them at most.
private struct OpenContainers {
  /// How many were open before.
  let outerDepth: Int
  /// How many are open.
  private(set) var depth: Int
  private var bits = InlineArray<4, UInt32>(repeating: 0)

  init(depth: Int) {
    outerDepth = depth
    self.depth = depth
  }

  /// Whether the innermost is an object.
  var isObject: Bool {
    depth > 0 && bits[(depth - 1) / 32] & (1 &<< UInt32(truncatingIfNeeded: (depth - 1) % 32)) != 0
  }

  /// Opens one more, or returns false when that would be too many.
  mutating func push(isObject: Bool) -> Bool {
    guard depth < JoinHeader.maximumDepth, depth < bits.count * 32 else { return false }
    let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: depth % 32)
    if isObject { bits[depth / 32] |= bit } else { bits[depth / 32] &= ~bit }
    depth += 1
    return true
  }

  mutating func pop() { depth = max(outerDepth, depth - 1) }
}
