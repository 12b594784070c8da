public import Bytes

/// The join header: the first message of a Mles v2 session, a JSON object that names the sender and the channel.
///
/// `write` makes what a client sends, `parse` reads what a server receives and what members get back in the history.
/// Bytes in and bytes out: nothing is kept here.
///
/// Source: the Mles v2 protocol, RFC 8259 (JSON), and what mles-rs 2.9.2 accepts.
public enum JoinHeader {
  /// The most bytes of uid, and of channel, that `validate` lets through.
  ///
  /// The protocol has no limit; 64 bytes hold any name, host name label or UUID and keep the header in one small frame.
  public static var maximumNameBytes: Int { 64 }

  /// The size of the largest header that `write` makes of valid names, in bytes: every byte of both names escaped.
  public static var maximumByteCount: Int { 49 + 2 * 6 * maximumNameBytes }

  /// How many arrays and objects may be open at a time, the header's own object included; one more is refused.
  public static var maximumDepth: Int { 128 }

  /// Where `parse` put the decoded fields: ranges of the storage that it was given.
  public struct Fields: Equatable {
    /// The sender's name, ASCII and not empty.
    public var uid: Range<Int>
    /// The channel's name, ASCII and not empty.
    public var channel: Range<Int>
    /// The authentication as it was spelled, any text; nil when the field is absent or null.
    public var auth: Range<Int>?
  }

  /// Checks names for a header of our own: not empty, ASCII only, at most `maximumNameBytes` each.
  ///
  /// Control characters are legal (they are escaped). The error says which field, what was expected and what came.
  public static func validate(uid: Span<UInt8>, channel: Span<UInt8>) throws(JoinHeaderError) {
    try validate(uid, as: .uid)
    try validate(channel, as: .channel)
  }

  private static func validate(_ name: Span<UInt8>, as field: JoinField) throws(JoinHeaderError) {
    guard name.count > 0 else { throw .empty(field, offset: 0) }
    guard name.count <= maximumNameBytes else {
      throw .tooLong(field, limitBytes: maximumNameBytes, got: name.count)
    }
    for index in name.indices where name[index] >= 0x80 {
      throw .notASCII(field, offset: index)
    }
  }

  /// Writes `{"uid":"…","channel":"…","auth":"…"}`, without `auth` when `authentication` is nil.
  ///
  /// `"`, `\` and control characters are escaped; everything else goes out as it is, so call `validate` first for names
  /// that come from outside. The writer tells whether it all fitted.
  @_lifetime(writer: copy writer)
  public static func write(
    uid: Span<UInt8>, channel: Span<UInt8>, authentication: UInt64?, spelling: UInt8 = 0, to writer: inout ByteWriter
  ) {
    writer.append("{\"uid\":\"")
    writer.append(jsonEscaped: uid)
    writer.append("\",\"channel\":\"")
    writer.append(jsonEscaped: channel)
    if let authentication {
      writer.append("\",\"auth\":\"")
      Authentication.write(authentication, spelling: spelling, to: &writer)
    }
    writer.append("\"}")
  }
}
