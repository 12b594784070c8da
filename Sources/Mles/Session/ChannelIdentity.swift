public import Bytes

/// Who a client is on which channel: what the server takes for one and the same member.
///
/// The server key is not kept: the authentication value is computed when the identity is made.
public struct ChannelIdentity: Sendable {
  private var uidBytes = FixedBytes<64>()
  private var channelBytes = FixedBytes<64>()
  /// SipHash of uid, channel and server key, as the join header carries it.
  public private(set) var authentication: UInt64 = 0

  /// Nobody yet, whom no server lets in: a place for an identity.
  public init() {}

  /// Checks uid and channel (ASCII, not empty, at most `JoinHeader.maximumNameBytes`). `key` is the server's key, nil for
  /// a server without one.
  public init(uid: Span<UInt8>, channel: Span<UInt8>, key: Span<UInt8>?) throws(JoinHeaderError) {
    try JoinHeader.validate(uid: uid, channel: channel)
    do throws(CapacityError) {
      uidBytes = try FixedBytes(uid)
      channelBytes = try FixedBytes(channel)
    } catch {
      throw .tooLong(.uid, limitBytes: error.capacityBytes, got: error.requiredBytes)
    }
    authentication = Authentication.value(uid: uid, channel: channel, key: key)
  }

  /// The name of this client.
  public var uid: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { uidBytes.bytes }
  }

  /// The channel it joins.
  public var channel: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { channelBytes.bytes }
  }

  /// Writes the join header; `spelling` is one of the ways to write the authentication value, see `Authentication.write`.
  public func writeJoinHeader(spelling: UInt8 = 0, to writer: inout ByteWriter) {
    JoinHeader.write(uid: uid, channel: channel, authentication: authentication, spelling: spelling, to: &writer)
  }
}
