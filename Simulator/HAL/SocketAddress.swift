import Glibc

/// One IPv4 or IPv6 address with a port, as the kernel wants it.
public struct SocketAddress: Sendable, CustomStringConvertible {
  private var storage: sockaddr_storage
  private var byteCount: socklen_t

  /// Copies what getaddrinfo(3), accept(2) and the like fill in; nil when it is neither IPv4 nor IPv6.
  init?(_ address: UnsafePointer<sockaddr>, byteCount: socklen_t) {
    let family = Int32(address.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6, Int(byteCount) <= MemoryLayout<sockaddr_storage>.size else {
      return nil
    }
    storage = sockaddr_storage()
    self.byteCount = byteCount
    withUnsafeMutableBytes(of: &storage) { memory in
      memory.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(byteCount)))
    }
  }

  /// The address that `text` spells: IPv4, or IPv6 with or without brackets. Nil when it is a name.
  public init?(literal text: String, port: UInt16) {
    var host = text[...]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
    if isBracketed { host = host.dropFirst().dropLast() }
    guard host.allSatisfy({ $0.isASCII && $0 != "\0" }), !isBracketed || host.contains(":"),
      let first = Self.lookUp(String(host), flags: AI_NUMERICHOST).addresses.first
    else { return nil }
    self = first
    self.port = port
  }

  /// AF_INET or AF_INET6.
  public var family: Int32 { Int32(storage.ss_family) }

  /// The port, in the host's byte order.
  public var port: UInt16 {
    get {
      withUnsafeBytes(of: storage) { memory in
        // sin_port and sin6_port are both at offset 2, big-endian.
        UInt16(memory[2]) << 8 | UInt16(memory[3])
      }
    }
    set {
      withUnsafeMutableBytes(of: &storage) { memory in
        memory[2] = UInt8(truncatingIfNeeded: newValue >> 8)
        memory[3] = UInt8(truncatingIfNeeded: newValue)
      }
    }
  }

  /// Whether it stands for this computer itself: 127.0.0.0/8 or ::1 (RFC 6890), ::ffff:127.0.0.0/104 included.
  public var isLoopback: Bool {
    withUnsafeBytes(of: storage) { memory in
      guard family == AF_INET6 else { return memory[4] == 127 }
      let address = memory[8..<24]
      if address.dropLast().allSatisfy({ $0 == 0 }) { return address.last == 1 }
      return address.prefix(10).allSatisfy { $0 == 0 } && memory[18] == 0xFF && memory[19] == 0xFF && memory[20] == 127
    }
  }

  /// The address without the port; IPv6 without brackets.
  public var host: String {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = withPointer { address, byteCount in
      getnameinfo(address, byteCount, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    guard result == 0 else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// `192.0.2.1:443` or `[2001:db8::1]:443`.
  public var description: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Calls `body` with the address in the form of bind(2) and connect(2).
  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, byteCount) }
    }
  }

  /// The addresses of `host` by getaddrinfo(3), which may take its time unless `flags` has `AI_NUMERICHOST`;
  /// `code` is 0 or the `EAI_` number.
  static func lookUp(_ host: String, flags: Int32) -> (addresses: [SocketAddress], code: Int32) {
    var hints = addrinfo()
    hints.ai_flags = flags
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else { return ([], code) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next, addresses.count < LinuxSocket.addressCountMax {
      if let address = entry.pointee.ai_addr.flatMap({ SocketAddress($0, byteCount: entry.pointee.ai_addrlen) }) {
        addresses.append(address)
      }
      next = entry.pointee.ai_next
    }
    return (addresses, addresses.isEmpty ? EAI_NONAME : 0)
  }
}
