import CTLS

/// A certificate and its private key (ECDSA, P-256), both in PEM, made here for tests: a CA, or what it has issued. For
/// computers, not boards, and not for keys that matter: nothing erases them.
public struct DevelopmentCertificate: ~Copyable {
  private var certificateBytes = InlineArray<4096, UInt8>(repeating: 0)
  private var certificateCount = 0
  private var keyBytes = InlineArray<4096, UInt8>(repeating: 0)
  private var keyCount = 0

  private init() {}

  /// The certificate in PEM.
  public var certificate: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { certificateBytes.span.extracting(0..<certificateCount) }
  }

  /// The private key in PEM.
  public var privateKey: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { keyBytes.span.extracting(0..<keyCount) }
  }

  /// One that was made earlier, from its PEM texts (at most 4095 bytes each).
  public init(certificate: Span<UInt8>, privateKey: Span<UInt8>) throws(TLSError) {
    guard certificate.count < certificateBytes.count else { throw .invalidCertificate }
    guard privateKey.count < keyBytes.count else { throw .invalidKey }
    for index in certificate.indices { certificateBytes[index] = certificate[index] }
    for index in privateKey.indices { keyBytes[index] = privateKey[index] }
    certificateCount = certificate.count
    keyCount = privateKey.count
  }

  /// A new CA. `name` is its common name: letters, digits, blanks and `-._`, at most 64 bytes. Validity in seconds
  /// since 1970, UTC.
  public static func authority(
    name: Span<UInt8>, validFromSeconds: Int64, validToSeconds: Int64
  ) throws(TLSError) -> DevelopmentCertificate {
    try make { pair in
      name.withUnsafeBufferPointer { name in
        ctls_certificate_create_authority(name.baseAddress, name.count, validFromSeconds, validToSeconds, &pair)
      }
    }
  }

  /// A new certificate, for servers and clients, issued by this CA. `names`: DNS names (`*.` may come first), IPv4 and
  /// IPv6 addresses, with commas between, at most 512 bytes.
  public func issue(
    names: Span<UInt8>, validFromSeconds: Int64, validToSeconds: Int64
  ) throws(TLSError) -> DevelopmentCertificate {
    try Self.make { pair in
      certificate.withUnsafeBufferPointer { certificate in
        privateKey.withUnsafeBufferPointer { key in
          // The shim only reads them.
          var authority = ctls_pem_pair(
            certificate: UnsafeMutablePointer(mutating: certificate.baseAddress),
            certificate_capacity: certificate.count, certificate_count: certificate.count,
            key: UnsafeMutablePointer(mutating: key.baseAddress), key_capacity: key.count, key_count: key.count)
          return Self.create(&authority, names, validFromSeconds, validToSeconds, &pair)
        }
      }
    }
  }

  /// A new certificate signed with its own key, which only those accept who trust this very certificate.
  public static func selfSigned(
    names: Span<UInt8>, validFromSeconds: Int64, validToSeconds: Int64
  ) throws(TLSError) -> DevelopmentCertificate {
    try make { pair in create(nil, names, validFromSeconds, validToSeconds, &pair) }
  }

  private static func create(
    _ authority: UnsafePointer<ctls_pem_pair>?, _ names: Span<UInt8>, _ from: Int64, _ to: Int64,
    _ pair: inout ctls_pem_pair
  ) -> ctls_failure {
    names.withUnsafeBufferPointer { names in
      ctls_certificate_create(authority, names.baseAddress, names.count, from, to, &pair)
    }
  }

  private static func make(_ body: (inout ctls_pem_pair) -> ctls_failure) throws(TLSError) -> DevelopmentCertificate {
    var made = DevelopmentCertificate()
    let failure = made.withPair(body)
    guard failure.cause == CTLS_CAUSE_NONE else { throw TLSError(failure) }
    return made
  }

  private mutating func withPair(_ body: (inout ctls_pem_pair) -> ctls_failure) -> ctls_failure {
    var certificate = certificateBytes.mutableSpan
    var key = keyBytes.mutableSpan
    let counts = (certificateCount, keyCount)
    var pair = ctls_pem_pair()
    let failure = certificate.withUnsafeMutableBufferPointer { certificate in
      key.withUnsafeMutableBufferPointer { key in
        pair = ctls_pem_pair(
          certificate: certificate.baseAddress, certificate_capacity: certificate.count, certificate_count: counts.0,
          key: key.baseAddress, key_capacity: key.count, key_count: counts.1)
        return body(&pair)
      }
    }
    certificateCount = pair.certificate_count
    keyCount = pair.key_count
    return failure
  }
}
