public import Bytes

/// Where the Mles server is: `wss://host:port/target`.
public struct Endpoint: Sendable {
  /// The longest path and query of the upgrade request, in bytes.
  public static var maximumTargetBytes: Int { 128 }

  private let hostBytes: FixedBytes<253>
  private let targetBytes: FixedBytes<128>
  /// The TCP port; 443 where a URL names none.
  public let port: UInt16

  /// `host` is a DNS name or an IP address, at most 253 bytes (RFC 1035); `target` starts with "/".
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
