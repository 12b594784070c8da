public import Bytes

/// Where the Mles server is: `wss://host:port/target`.
public struct Endpoint: Sendable {
  private var hostBytes = FixedBytes<253>()
  private var targetBytes = FixedBytes<128>()
  /// The TCP port; 443 where a URL names none.
  public private(set) var port: UInt16 = 443

  /// No server yet: a place for one.
  public init() {}

  /// `host` is a DNS name or an IP address, at most 253 bytes (RFC 1035); `target`, the path and query of the upgrade
  /// request, starts with "/" and has at most 128 bytes.
  public init(host: Span<UInt8>, port: UInt16 = 443, target: Span<UInt8>) throws(CapacityError) {
    hostBytes = try FixedBytes(host)
    targetBytes = try FixedBytes(target)
    self.port = port
  }

  /// The server's name or address, which its certificate must carry.
  public var host: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { hostBytes.bytes }
  }

  /// The path and query of the upgrade request.
  public var target: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { targetBytes.bytes }
  }
}
