public import Bytes

/// A field of the join header that has a meaning.
public enum JoinField: Equatable, Sendable {
  /// The sender's name.
  case uid
  /// The channel's name.
  case channel
  /// The authentication, see ``Authentication``.
  case auth

  /// The field's name in the header.
  public var name: StaticString {
    switch self {
    case .uid: "uid"
    case .channel: "channel"
    case .auth: "auth"
    }
  }
}

/// Why a text is no join header, or names make none. Offsets are in bytes from the start of the text, or of the name.
public enum JoinHeaderError: Error, Equatable {
  /// The JSON grammar asks for `expected` at `offset`, but there is the byte `got`, or the end of the text (nil).
  case unexpected(offset: Int, expected: Expectation, got: UInt8?)
  /// The escape `\uXXXX` at `offset` is one half of a surrogate pair without the other.
  case unpairedSurrogate(offset: Int)
  /// The array or object that begins at `offset` is one more than `maximum` inside each other.
  case nestedTooDeep(offset: Int, maximum: Int)
  /// The field's name is there again at `offset`.
  case duplicate(JoinField, offset: Int)
  /// The object has no such field.
  case missing(JoinField)
  /// The field's value, at `offset`, has no character.
  case empty(JoinField, offset: Int)
  /// The field's value has a character that is not ASCII at `offset`.
  case notASCII(JoinField, offset: Int)
  /// The name is longer than our own clients send.
  case tooLong(JoinField, limitBytes: Int, got: Int)
  /// The decoded fields do not fit into the storage given to the parser: the text at `offset` was the first too much.
  case storageTooSmall(offset: Int, capacityBytes: Int)

  /// What the JSON grammar (RFC 8259) or the header's form asks for at some place.
  public enum Expectation: Equatable, Sendable {
    /// `{`: a header is an object.
    case object
    /// `"` of a field name, and in an object without fields also `}`.
    case fieldName
    /// `:` behind a field name.
    case colon
    /// Any value.
    case value
    /// `"`: uid and channel are strings.
    case string
    /// `"` or `null`: what auth may be.
    case stringOrNull
    /// `,` or `}` behind a value in an object.
    case commaOrObjectEnd
    /// `,` or `]` behind a value in an array.
    case commaOrArrayEnd
    /// The rest of `true`, `false` or `null`.
    case literal
    /// A decimal digit.
    case digit
    /// A character of a string, or the `"` that ends it. Control characters must be escaped.
    case stringCharacter
    /// Well-formed UTF-8 (RFC 3629).
    case utf8
    /// One of `"\/bfnrtu` behind a backslash.
    case escape
    /// One of four hexadecimal digits of `\uXXXX`.
    case hexadecimalDigit
    /// Nothing but white space behind the object.
    case end

    /// The expectation in words.
    public var words: StaticString {
      switch self {
      case .object: "'{'"
      case .fieldName: "a field name"
      case .colon: "':'"
      case .value: "a value"
      case .string: "a string"
      case .stringOrNull: "a string or null"
      case .commaOrObjectEnd: "',' or '}'"
      case .commaOrArrayEnd: "',' or ']'"
      case .literal: "true, false or null"
      case .digit: "a digit"
      case .stringCharacter: "a character or '\"'"
      case .utf8: "valid UTF-8"
      case .escape: "an escape character"
      case .hexadecimalDigit: "a hexadecimal digit"
      case .end: "the end"
      }
    }
  }

  /// Writes the error in words, for a log: at most 96 bytes.
  @_lifetime(writer: copy writer)
  public func write(to writer: inout ByteWriter) {
    switch self {
    case .unexpected(let offset, let expected, let got):
      writer.append("expected ")
      writer.append(expected.words)
      writer.append(", got ")
      if let got {
        writer.append("0x")
        writer.append(hexadecimal: UInt64(extending: got), digits: 2)
      } else {
        writer.append("the end")
      }
      Self.write(offset: offset, to: &writer)
    case .unpairedSurrogate(let offset):
      writer.append("expected a surrogate pair, got one half")
      Self.write(offset: offset, to: &writer)
    case .nestedTooDeep(let offset, let maximum):
      writer.append("expected nesting up to ")
      writer.append(decimal: maximum)
      writer.append(", got one more")
      Self.write(offset: offset, to: &writer)
    case .storageTooSmall(let offset, let capacityBytes):
      writer.append("expected fields of up to ")
      writer.append(decimal: capacityBytes)
      writer.append(" bytes, got more")
      Self.write(offset: offset, to: &writer)
    default:
      writeFieldError(to: &writer)
    }
  }

  @_lifetime(writer: copy writer)
  private func writeFieldError(to writer: inout ByteWriter) {
    switch self {
    case .duplicate(let field, let offset):
      writer.append(field.name)
      writer.append(": expected once, got again")
      Self.write(offset: offset, to: &writer)
    case .missing(let field):
      writer.append(field.name)
      writer.append(": expected a field of that name, got none")
    case .empty(let field, let offset):
      writer.append(field.name)
      writer.append(": expected at least one character, got none")
      Self.write(offset: offset, to: &writer)
    case .notASCII(let field, let offset):
      writer.append(field.name)
      writer.append(": expected ASCII, got something else")
      Self.write(offset: offset, to: &writer)
    case .tooLong(let field, let limitBytes, let got):
      writer.append(field.name)
      writer.append(": expected at most ")
      writer.append(decimal: limitBytes)
      writer.append(" bytes, got ")
      writer.append(decimal: got)
    default: break
    }
  }

  @_lifetime(writer: copy writer)
  private static func write(offset: Int, to writer: inout ByteWriter) {
    writer.append(" at offset ")
    writer.append(decimal: offset)
  }
}
