import Bytes
import CBoard
import Device
import HAL
import Mles
import TLS

/// What the board is configured with: where the server is, who this node is, whom it trusts, what it does.
struct Settings: ~Copyable {
  /// The most bytes of trusted certificates: four of RSA with 4096 bits in PEM, or ten of ECDSA. They lie on the stack
  /// while they are parsed, before the node takes its place there.
  static var authorityBytesMax: Int { 8192 }
  /// The longest channel key, in bytes.
  static var keyBytesMax: Int { 256 }

  let endpoint: Endpoint
  let identity: ChannelIdentity
  let node: NodeConfiguration
  let trust: TLSConfiguration
  private let inPlace = InPlace()

  /// Reads all values; nil when one is missing or wrong, each of which has then been said.
  @inline(never)
  static func read() -> Settings? {
    var reader = SettingsReader()
    let endpoint = readEndpoint(&reader)
    let identity = readIdentity(&reader)
    let node = readNode(&reader)
    let trust = readTrust(&reader)
    guard !reader.hasFailed, let endpoint, let identity, let trust else { return nil }
    return Settings(endpoint: endpoint, identity: identity, node: node, trust: trust)
  }

  @inline(never)
  private static func readEndpoint(_ reader: inout SettingsReader) -> Endpoint? {
    var host = InlineArray<253, UInt8>(repeating: 0)
    var hostSpace = host.mutableSpan
    var hostCount = reader.read(.host, into: &hostSpace)
    if let count = hostCount, !isHostName(host.span.extracting(0..<count)) {
      reader.refuse(.host, host.span.extracting(0..<count))
      hostCount = nil
    }
    var path = InlineArray<128, UInt8>(repeating: 0x2F)
    var pathSpace = path.mutableSpan
    let pathCount = reader.read(.path, into: &pathSpace) ?? 1
    let target = path.span.extracting(0..<pathCount)
    if !isPath(target) { reader.refuse(.path, target) }
    let port = reader.number(.port, maximum: 65_535) ?? 443
    guard let hostCount else { return nil }
    return try? Endpoint(
      host: host.span.extracting(0..<hostCount), port: UInt16(truncatingIfNeeded: port), target: target)
  }

  @inline(never)
  private static func readIdentity(_ reader: inout SettingsReader) -> ChannelIdentity? {
    var uid = InlineArray<64, UInt8>(repeating: 0)
    let uidCount = readName(.uid, &reader, &uid)
    var channel = InlineArray<64, UInt8>(repeating: 0)
    let channelCount = readName(.channel, &reader, &channel)
    var key = InlineArray<256, UInt8>(repeating: 0)
    var keySpace = key.mutableSpan
    // Hashing an empty key is the same as hashing none.
    let keyCount = reader.read(.channelKey, into: &keySpace) ?? 0
    defer { forget(&key) }
    guard let uidCount, let channelCount else { return nil }
    return try? ChannelIdentity(
      uid: uid.span.extracting(0..<uidCount), channel: channel.span.extracting(0..<channelCount),
      key: key.span.extracting(0..<keyCount))
  }

  private static func readName(
    _ setting: Setting, _ reader: inout SettingsReader, _ name: inout InlineArray<64, UInt8>
  ) -> Int? {
    var space = name.mutableSpan
    guard let count = reader.read(setting, into: &space) else { return nil }
    for index in 0..<count where name[index] >= 0x80 {
      reader.refuse(setting, name.span.extracting(0..<count))
      return nil
    }
    return count
  }

  /// Overwrites a secret: with zeros, then with random bytes by a function of the board, which the compiler cannot leave
  /// out as it could a store to memory that nobody reads again.
  private static func forget(_ secret: inout InlineArray<256, UInt8>) {
    for index in secret.indices { secret[index] = 0 }
    var space = secret.mutableSpan
    _ = BoardCalls.random(&space)
  }

  private static func readNode(_ reader: inout SettingsReader) -> NodeConfiguration {
    var node = NodeConfiguration()
    if let interval = reader.number(.interval) { node.intervalMilliseconds = interval }
    node.readingLimit = reader.number(.limit)
    node.isSimulated = board_sensor_is_simulated()
    node.resetReason = ResetReason.reported(board_reset_reason())
    return node
  }

  /// The value `ca`, else the board's own bundle.
  @inline(never)
  private static func readTrust(_ reader: inout SettingsReader) -> TLSConfiguration? {
    let bundle = board_trust_bundle()
    var bytes = InlineArray<8192, UInt8>(repeating: 0)
    var space = bytes.mutableSpan
    let count = reader.read(.authorities(isRequired: bundle == nil), into: &space) ?? 0
    guard count > 0 || bundle != nil else { return nil }
    do throws(TLSError) {
      var trust = try TLSConfiguration.client()
      if count == 0, let bundle {
        try trust.useBundle(bundle)
        return trust
      }
      let authorities = try trust.addAuthorities(bytes.span.extracting(0..<count))
      if authorities.skipped > 0 { reportSkipped(authorities.skipped) }
      return trust
    } catch {
      if case .invalidAuthority = error, count > 0 {
        reader.refuse(.authorities(), bytes.span.extracting(0..<count))
      } else {
        reader.refuse(error)
      }
      return nil
    }
  }

  private static func reportSkipped(_ count: Int) {
    Console.log(.warning) {
      $0.append("configuration: ca: certificates that cannot be read and are left out: ")
      $0.append(decimal: count)
    }
  }

  /// Letters, digits and `-._`: a URL or a port in the host is a common mistake.
  private static func isHostName(_ text: Span<UInt8>) -> Bool {
    for index in text.indices {
      switch text[index] {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: continue
      default: return false
      }
    }
    return true
  }

  /// Begins with `/`, and nothing in it could end the request line.
  private static func isPath(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] <= 0x20 || text[index] >= 0x7F { return false }
    return text[0] == 0x2F
  }
}
