import CTLS

/// What sessions of one role share: trusted CAs, pins, this side's certificate, versions, ALPN.
///
/// A client always checks the server's certificate: chain, name, dates, and pins where there are any. Nothing
/// switches that off. Sessions keep what they need alive; while one exists, its configuration cannot be changed
/// (`TLSError.invalidArgument`). A configuration and its sessions belong to one thread at a time.
public struct TLSConfiguration: ~Copyable {
  let config: OpaquePointer

  private init(_ config: OpaquePointer) { self.config = config }

  deinit { ctls_config_release(config) }

  /// The same configuration once more, for another owner; it cannot be changed while a session of either uses it.
  public func shared() -> TLSConfiguration {
    ctls_config_retain(config)
    return TLSConfiguration(config)
  }

  /// A configuration for clients; it trusts no one before `addAuthorities`. ALPN offers `http/1.1`.
  public static func client() throws(TLSError) -> TLSConfiguration {
    var failure = ctls_failure()
    guard let config = ctls_config_create_client(&failure) else { throw TLSError(failure) }
    return TLSConfiguration(config)
  }

  /// A configuration for servers that show this certificate chain (leaf first) and prove it with this key, both PEM.
  /// Of a client's ALPN offer `http/1.1` is taken; one without it is refused, one without ALPN is served.
  public static func server(
    certificateChain: Span<UInt8>, privateKey: Span<UInt8>
  ) throws(TLSError) -> TLSConfiguration {
    var failure = ctls_failure()
    guard let config = createServer(chain: certificateChain, key: privateKey, &failure) else {
      throw TLSError(failure)
    }
    return TLSConfiguration(config)
  }

  /// Trusts CAs: one certificate in DER, or any number in PEM with other text between (a system's bundle). What
  /// cannot be read is skipped and counted; `TLSError.invalidAuthority` when there is none that can be. On a server:
  /// clients then have to show a certificate issued by one of them.
  @discardableResult
  public mutating func addAuthorities(_ certificates: Span<UInt8>) throws(TLSError) -> TLSAuthorityCount {
    var count = TLSAuthorityCount(added: 0, skipped: 0)
    try check(Self.addAuthorities(config, certificates, &count.added, &count.skipped))
    return count
  }

  /// Trusts the CAs of a board's bundle as well: `attach` is called once with mbedTLS's configuration and sets its own
  /// verification callback there, which is asked for issuers and nothing else. `TLSError.invalidAuthority` when it
  /// fails, which it says by a result other than 0.
  public mutating func useBundle(_ attach: TLSBundleAttachment) throws(TLSError) {
    try check(ctls_config_use_bundle(config, attach))
  }

  /// Accepts, besides the other checks, only public keys whose SubjectPublicKeyInfo has this SHA-256 (32 bytes), or
  /// another one added, at most 4. It is the peer's own certificate that counts, not its CA's.
  public mutating func addPin(_ hash: Span<UInt8>) throws(TLSError) {
    guard hash.count == Int(CTLS_HASH_BYTES) else { throw .invalidArgument }
    try check(Self.addPin(config, hash))
  }

  /// The certificate a client shows when the server asks for one: chain (leaf first) and key, both PEM. Once only.
  public mutating func setCertificate(chain: Span<UInt8>, privateKey: Span<UInt8>) throws(TLSError) {
    try check(Self.setCertificate(config, chain: chain, key: privateKey))
  }

  /// The versions allowed; initially all that the library can do. `TLSError.unsupported` when it can do none of them.
  public mutating func setVersions(_ versions: ClosedRange<TLSVersion>) throws(TLSError) {
    try check(ctls_config_set_versions(config, versions.lowerBound.rawValue, versions.upperBound.rawValue))
  }

  /// The one application protocol (ALPN), at most 31 bytes, instead of `http/1.1`; empty: none.
  public mutating func setApplicationProtocol(_ name: Span<UInt8>) throws(TLSError) {
    try check(Self.setProtocol(config, name))
  }

  /// Whether the library that is linked can do TLS 1.3.
  public static var supportsTLS13: Bool { ctls_has_tls13() }

  /// The version of the library that is linked.
  public static var libraryVersion: (major: UInt32, minor: UInt32, patch: UInt32) {
    let version = ctls_library_version()
    return (version &>> 24, version &>> 16 & 0xFF, version &>> 8 & 0xFF)
  }

  private func check(_ failure: ctls_failure) throws(TLSError) {
    guard failure.cause == CTLS_CAUSE_NONE else { throw TLSError(failure) }
  }
}

/// A C function of a board that attaches a bundle of CAs to mbedTLS's configuration (`esp_crt_bundle_attach`).
public typealias TLSBundleAttachment = @convention(c) (UnsafeMutableRawPointer?) -> Int32

/// How many CA certificates were read, and how many could not be.
public struct TLSAuthorityCount: Equatable, Sendable {
  /// Trusted from now on.
  public var added: Int
  /// Damaged, or of a kind that the library does not know.
  public var skipped: Int
}

/// A version of TLS.
public enum TLSVersion: UInt16, Comparable, Sendable {
  /// RFC 5246.
  case tls12 = 0x0303
  /// RFC 8446.
  case tls13 = 0x0304

  /// Older before newer.
  public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A place for one server's newest ticket, so that the next connection to it need not repeat the key exchange with
/// certificates. It is kept for the life of a node and given to each new session.
///
/// A ticket is used only with the configuration and the server name it was made with, and not after the certificates
/// it stands for have expired. In TLS 1.3 tickets come some time after the handshake; they are kept when they do.
public struct TLSResumption: ~Copyable {
  let slot: OpaquePointer

  /// An empty place.
  public init() throws(TLSError) {
    guard let slot = ctls_resumption_create() else { throw .outOfMemory }
    self.slot = slot
  }

  deinit { ctls_resumption_release(slot) }

  /// Whether there is a ticket.
  public var hasTicket: Bool { ctls_resumption_is_filled(slot) }

  /// Forgets the ticket.
  public mutating func clear() { ctls_resumption_clear(slot) }
}
