import Glibc

/// Where a Mles server is: `wss://host[:port][/path]` (RFC 6455, section 3).
public struct ServerURL: Sendable, Equatable, CustomStringConvertible {
  /// The longest URL taken, in bytes.
  public static let byteCountMax = 2048

  /// Whether TLS is used (`wss`); `ws` is for conformance suites on loopback.
  public let isSecure: Bool
  /// A DNS name or an IP address in ASCII; IPv6 without brackets.
  public let host: String
  /// 443 for wss and 80 for ws unless given.
  public let port: UInt16
  /// The path with the query, as written, percent-escapes included; at least `/`.
  public let path: String

  /// Reads a URL. `ws://` is taken only when `allowsInsecure`.
  public init(_ text: String, allowsInsecure: Bool = false) throws(UsageError) {
    let expected = allowsInsecure ? "wss://host[:port][/path] or ws://…" : "wss://host[:port][/path]"
    guard text.utf8.count <= Self.byteCountMax else {
      throw UsageError("expected a URL of at most \(Self.byteCountMax) bytes, got \(text.utf8.count)")
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw UsageError("expected a URL in printable ASCII (a host name as xn--…), got \(quoted(text))")
    }
    guard let separator = text.firstRange(of: "://") else {
      throw UsageError("expected \(expected), got \(quoted(text))")
    }
    switch text[..<separator.lowerBound].lowercased() {
    case "wss": isSecure = true
    case "ws" where allowsInsecure: isSecure = false
    case "ws": throw UsageError("ws:// sends everything in the clear; expected \(expected), got \(quoted(text))")
    case let scheme: throw UsageError("expected \(expected), got the scheme \(quoted(scheme))")
    }
    guard !text.contains("#") else { throw UsageError("a server URL has no fragment ('#'), got \(quoted(text))") }
    let rest = text[separator.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest[authority.endIndex...]
    path = target.hasPrefix("/") ? String(target) : "/" + target
    guard !authority.contains("@") else {
      throw UsageError("a server URL has no user name or password ('@'), got \(quoted(text))")
    }
    let (host, portText) = try Self.split(authority, of: text)
    self.host = host
    port = try portText.map { (text) throws(UsageError) in try Self.parsePort(text) } ?? (isSecure ? 443 : 80)
  }

  /// Reads `HOST:PORT`, IPv6 in brackets; nothing else around it.
  public static func hostAndPort(_ text: String) throws(UsageError) -> (host: String, port: UInt16) {
    let (host, port) = try split(text[...], of: text)
    guard let port else { throw UsageError("expected HOST:PORT, got \(quoted(text))") }
    return (host, try parsePort(port))
  }

  /// The URL as it would be written, the port only where it is not the scheme's own.
  public var description: String {
    let port = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
    return "\(isSecure ? "wss" : "ws")://\(host.contains(":") ? "[\(host)]" : host)\(port)\(path)"
  }

  private static func split(
    _ authority: Substring, of url: String
  ) throws(UsageError) -> (host: String, port: Substring?) {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else {
        throw UsageError("an IPv6 address ends with ']', got \(quoted(url))")
      }
      let host = String(authority[authority.index(after: authority.startIndex)..<end])
      guard host.contains(":"), SocketAddress(literal: host, port: 0) != nil else {
        throw UsageError("expected an IPv6 address in the brackets, got \(quoted(host))")
      }
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw UsageError("expected ':' and a port behind ']', got \(quoted(String(rest)))")
      }
      return (host, rest.isEmpty ? nil : rest.dropFirst())
    }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw UsageError("an IPv6 address needs brackets, got \(quoted(url))") }
    let host = String(parts.first ?? "")
    guard !host.isEmpty else { throw UsageError("the host is missing in \(quoted(url))") }
    guard host.utf8.count <= 253 else { throw UsageError("a host name has at most 253 bytes, got \(host.utf8.count)") }
    guard host.utf8.allSatisfy(isNameByte) else {
      throw UsageError("expected a host name of letters, digits, '-' and '.', got \(quoted(host))")
    }
    return (host, parts.count == 2 ? parts[1] : nil)
  }

  private static func parsePort(_ text: Substring) throws(UsageError) -> UInt16 {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0 else {
      throw UsageError("expected a port from 1 to 65535, got \(quoted(String(text)))")
    }
    return port
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
