import Bytes
import CTLS
import Glibc
import Mles

/// A certificate authority of one's own for development, and the relay's certificate issued by it, in a state folder.
/// Clients trust it by `--ca ca.pem`; nothing has to be switched off.
///
/// Files: `ca.pem`, `ca-key.pem`, `relay.pem`, `relay-key.pem`, and `relay.info`, which says until when they are good,
/// for which names, and to which authority they belong. `relay.info` is written last: without it, or when it does not
/// fit, everything is made again. All this happens under a lock, so that processes starting at once agree.
public struct DevelopmentCertificate {
  /// How long an authority is good.
  static let authoritySeconds: Int64 = 10 * 365 * day
  /// How long the relay's certificate is good.
  static let certificateSeconds: Int64 = 365 * day
  /// How long before its end a certificate is replaced.
  static let renewalSeconds: Int64 = 14 * day
  /// How long before now it begins, for clients whose clock is behind.
  static let backdatingSeconds: Int64 = day
  private static let day: Int64 = 86_400

  /// The authority's certificate, PEM.
  public let authority: [UInt8]
  /// Where the authority's certificate is, for `--ca`.
  public let authorityPath: String
  /// The relay's certificate, PEM.
  public let chain: [UInt8]
  /// Its key, PEM.
  public let privateKey: Secret

  /// Loads what the folder has, or makes what is missing, expired, unreadable, or not for `host`; `report` is told why.
  /// `state` is the value of `--state`, nil for the default folder.
  public static func load(
    state: String?, host: String, report: (String) -> Void
  ) throws(RunFailure) -> DevelopmentCertificate {
    let folder = try StateFolder(option: state)
    let now = Int64(clamping: (LinuxClock().wallMilliseconds() ?? 0) / 1000)
    return try load(in: folder, names: wantedNames(host: host), nowSeconds: now, report: report)
  }

  static func load(
    in folder: StateFolder, names: [String], nowSeconds now: Int64, report: (String) -> Void
  ) throws(RunFailure) -> DevelopmentCertificate {
    try folder.locked { () throws(RunFailure) in
      let found = Files(folder, report)
      if let found, found.authorityProblem(now) == nil {
        guard let problem = found.certificateProblem(names, now) else { return found.result(folder) }
        report("making a new development certificate: \(problem)")
        // The authority is kept, so that clients need not be told of a new one.
        if let renewed = try? Files(issuedBy: found.authority, folder, names: names, found.authorityEnd, now) {
          return renewed.result(folder)
        }
        report("the authority's key cannot be used")
      }
      let reason = found?.authorityProblem(now) ?? (folder.isEmpty ? "none there yet" : "unreadable or incomplete")
      report("making a new development authority in \(folder.path): \(reason)")
      let end = now + authoritySeconds
      let authority = try PEMPair.authority(now - backdatingSeconds, end)
      try folder.write(authority.certificate.span, to: "ca.pem")
      try authority.key.withBytes { (key) throws(RunFailure) in try folder.write(key, to: "ca-key.pem") }
      return try Files(issuedBy: authority, folder, names: names, end, now).result(folder)
    }
  }

  /// Where QEMU's user network has the computer it runs on: what the emulated board (Board/VirtRV32) calls it.
  static let emulatedNetworkHost = "10.0.2.2"

  /// What clients may call this computer: its own names for itself, and the address it listens on.
  static func wantedNames(host: String) -> [String] {
    var names = ["localhost", "127.0.0.1", "::1", emulatedNetworkHost]
    var memory = [CChar](repeating: 0, count: 256)
    if gethostname(&memory, memory.count - 1) == 0 {
      let name = String(decoding: memory.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if isName(name) { names.append(name) }
    }
    let wildcards = ["0.0.0.0", "::"]
    names += wildcards.contains(host) ? localAddresses() : SocketAddress(literal: host, port: 0).map { [$0.host] } ?? []
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  private static func isName(_ text: String) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E
      }
  }

  /// The addresses of this computer's interfaces, link-local ones left out; at most 8.
  private static func localAddresses() -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var result: [String] = []
    var next = list
    while let entry = next, result.count < 8 {
      next = entry.pointee.ifa_next
      guard let address = entry.pointee.ifa_addr else { continue }
      let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
      let size = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
      guard let host = SocketAddress(address, byteCount: socklen_t(size))?.host, !host.hasPrefix("fe80:") else {
        continue
      }
      result.append(host)
    }
    return result
  }
}

/// The files of a state folder, complete and consistent with each other.
private struct Files {
  let authority: PEMPair
  let certificate: PEMPair
  let authorityEnd: Int64
  let certificateEnd: Int64
  let names: [String]

  /// Reads what is there; nil when something is missing, unreadable or of another authority, or a key that others may
  /// have read.
  init?(_ folder: StateFolder, _ report: (String) -> Void) {
    guard let caKey = folder.readKey("ca-key.pem", report), let leafKey = folder.readKey("relay-key.pem", report),
      let ca = folder.read("ca.pem"), let leaf = folder.read("relay.pem"), let info = folder.read("relay.info")
    else { return nil }
    authority = PEMPair(certificate: ca, key: caKey)
    certificate = PEMPair(certificate: leaf, key: leafKey)
    let lines = String(decoding: info, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 6, lines[0] == Self.title, let authorityEnd = Int64(lines[1]),
      let certificateEnd = Int64(lines[2]), lines[4] == Self.checksum(authority, certificate), lines[5].isEmpty
    else { return nil }
    self.authorityEnd = authorityEnd
    self.certificateEnd = certificateEnd
    names = lines[3].split(separator: ",").map(String.init)
  }

  /// Makes a certificate and writes it, `relay.info` last.
  init(
    issuedBy authority: PEMPair, _ folder: StateFolder, names: [String], _ authorityEnd: Int64, _ now: Int64
  ) throws(RunFailure) {
    self.authority = authority
    self.authorityEnd = authorityEnd
    self.names = names
    certificateEnd = min(now + DevelopmentCertificate.certificateSeconds, authorityEnd)
    certificate = try PEMPair.issued(
      by: authority, names: names, now - DevelopmentCertificate.backdatingSeconds, certificateEnd)
    // Nothing is written that cannot be used.
    _ = try RelayCertificate(chain: certificate.certificate, privateKey: certificate.key)
    try folder.write(certificate.certificate.span, to: "relay.pem")
    try certificate.key.withBytes { (key) throws(RunFailure) in try folder.write(key, to: "relay-key.pem") }
    let lines = [
      Self.title, "\(authorityEnd)", "\(certificateEnd)", names.joined(separator: ","),
      Self.checksum(authority, certificate), "",
    ]
    try folder.write(Array(lines.joined(separator: "\n").utf8).span, to: "relay.info")
  }

  private static let title = "mles-sim development certificate 1"

  /// Finds files that were damaged or mixed up; it is no protection against somebody who may write here.
  private static func checksum(_ authority: PEMPair, _ certificate: PEMPair) -> String {
    var hash = SipHash24()
    for pair in [authority, certificate] {
      hash.update(pair.certificate.span)
      pair.key.withBytes { hash.update($0) }
    }
    defer { erase(&hash) }
    return String(hash.finalize(), radix: 16)
  }

  /// Why the authority has to be replaced.
  func authorityProblem(_ now: Int64) -> String? {
    authorityEnd - now < DevelopmentCertificate.renewalSeconds ? "the old one has expired or soon will" : nil
  }

  /// Why the certificate has to be replaced.
  func certificateProblem(_ wanted: [String], _ now: Int64) -> String? {
    let end = certificateEnd - now
    if end < DevelopmentCertificate.renewalSeconds { return "the old one has expired or soon will" }
    if end > DevelopmentCertificate.certificateSeconds + DevelopmentCertificate.backdatingSeconds {
      return "the old one begins in the future"
    }
    if let missing = wanted.first(where: { !names.contains($0) }) { return "the old one is not for \(missing)" }
    let usable = try? RelayCertificate(chain: certificate.certificate, privateKey: certificate.key)
    return usable == nil ? "the old one cannot be used" : nil
  }

  func result(_ folder: StateFolder) -> DevelopmentCertificate {
    DevelopmentCertificate(
      authority: authority.certificate, authorityPath: "\(folder.path)/ca.pem", chain: certificate.certificate,
      privateKey: certificate.key)
  }
}

extension StateFolder {
  fileprivate var isEmpty: Bool { read("ca.pem") == nil && read("relay.info") == nil }
}

/// A certificate with its key, both PEM.
private struct PEMPair {
  let certificate: [UInt8]
  let key: Secret

  static func authority(_ notBefore: Int64, _ notAfter: Int64) throws(RunFailure) -> PEMPair {
    let name = Array("mles-sim development CA".utf8)
    return try make { pair in
      ctls_certificate_create_authority(name, name.count, notBefore, notAfter, &pair)
    }
  }

  static func issued(
    by authority: PEMPair, names: [String], _ notBefore: Int64, _ notAfter: Int64
  ) throws(RunFailure) -> PEMPair {
    let list = Array(names.joined(separator: ",").utf8)
    return try make { pair in
      authority.certificate.withUnsafeBufferPointer { ca in
        authority.key.withBytes { key in
          key.withUnsafeBufferPointer { caKey in
            // The shim only reads them.
            var issuer = ctls_pem_pair(
              certificate: UnsafeMutablePointer(mutating: ca.baseAddress), certificate_capacity: ca.count,
              certificate_count: ca.count, key: UnsafeMutablePointer(mutating: caKey.baseAddress),
              key_capacity: caKey.count, key_count: caKey.count)
            return ctls_certificate_create(&issuer, list, list.count, notBefore, notAfter, &pair)
          }
        }
      }
    }
  }

  private static func make(_ create: (inout ctls_pem_pair) -> ctls_failure) throws(RunFailure) -> PEMPair {
    var certificate = [UInt8](repeating: 0, count: Int(CTLS_PEM_BYTES))
    var certificateCount = 0
    var failure = ctls_failure()
    let key = Secret(capacity: Int(CTLS_PEM_BYTES)) { key in
      certificate.withUnsafeMutableBufferPointer { certificate in
        key.withUnsafeMutableBufferPointer { key in
          var pair = ctls_pem_pair(
            certificate: certificate.baseAddress, certificate_capacity: certificate.count, certificate_count: 0,
            key: key.baseAddress, key_capacity: key.count, key_count: 0)
          failure = create(&pair)
          certificateCount = pair.certificate_count
          return pair.key_count
        }
      }
    }
    guard failure.cause == CTLS_CAUSE_NONE else {
      var text = [CChar](repeating: 0, count: 256)
      let count = min(ctls_failure_describe(failure, &text, text.count), text.count)
      let words = String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw RunFailure("cannot make a development certificate: \(words); use --cert and --key-pem")
    }
    return PEMPair(certificate: Array(certificate.prefix(certificateCount)), key: key)
  }
}
