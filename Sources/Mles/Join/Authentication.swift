public import Bytes

/// The `auth` of a join header: SipHash-2-4 with the zero key over uid, channel and, where the server has one, its key.
///
/// It binds a uid to a channel, and with a server key it admits only who knows the key. It is no secret: the server
/// replays stored headers, `auth` included, to every later member of the channel.
///
/// Source: the Mles v2 protocol and what mles-rs 2.9.2 accepts.
public enum Authentication {
  /// The number of digits of the canonical spelling.
  public static var digitCount: Int { 16 }

  /// The value for `uid` in `channel`; `key` is the server's key, nil where the server has none.
  ///
  /// The parts are hashed one behind the other with nothing between them, so `ab` in `c` and `a` in `bc` get the same.
  public static func value(uid: Span<UInt8>, channel: Span<UInt8>, key: Span<UInt8>?) -> UInt64 {
    var hash = SipHash24()
    hash.update(uid)
    hash.update(channel)
    if let key { hash.update(key) }
    // Its state has the end of the key in it.
    defer { erase(&hash) }
    return hash.finalize()
  }

  /// The number of spellings that `write` knows. A value with fewer than three digits above 9 has some of them in common.
  public static var spellingCount: UInt8 { 8 }

  /// Writes the canonical spelling of `value`: 16 hexadecimal digits, lower case, leading zeros kept (`%016x`). In the
  /// other spellings, 1..<spellingCount, letters are upper case: the letter number n if bit n % 3 of `spelling` is set.
  @_lifetime(writer: copy writer)
  public static func write(_ value: UInt64, spelling: UInt8 = 0, to writer: inout ByteWriter) {
    var letters: UInt8 = 0
    var shift: UInt64 = 64
    while shift > 0 {
      shift &-= 4
      let digit = UInt8(truncatingIfNeeded: value &>> shift) & 0xF
      guard digit > 9 else {
        writer.append(0x30 &+ digit)
        continue
      }
      writer.append((spelling &>> (letters % 3) & 1 == 0 ? 0x57 : 0x37) &+ digit)
      letters &+= 1
    }
  }

  /// The value that `text` spells: 1 to 16 hexadecimal digits of either case and nothing else; nil for other text.
  ///
  /// For a server. The server tells identities apart by the text, not by the value: two spellings, two identities.
  public static func parse(_ text: Span<UInt8>) -> UInt64? {
    guard text.count > 0, text.count <= digitCount else { return nil }
    var value: UInt64 = 0
    for index in text.indices {
      guard let digit = hexadecimalDigit(text[index]) else { return nil }
      value = (value &<< 4) | UInt64(extending: digit)
    }
    return value
  }
}

/// The value of a hexadecimal digit of either case, nil for any other byte.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte &- 0x30
  case 0x41...0x46: byte &- 0x37
  case 0x61...0x66: byte &- 0x57
  default: nil
  }
}
