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

  private(set) var endpoint = Endpoint()
  private(set) var identity = ChannelIdentity()
  private(set) var node = NodeConfiguration()
  /// Whether an identity that the server still holds is tried again at once under another spelling.
  private(set) var respellsRefusedIdentity = false
  private(set) var trust: TLSConfiguration
  private let inPlace = InPlace()

  private init(trust: consuming TLSConfiguration) { self.trust = trust }

  /// Reads all values; nil when one is missing or wrong, each of which has then been said.
  static func read() -> Settings? {
    var reader = SettingsReader()
    do throws(TLSError) {
      var settings = Settings(trust: try TLSConfiguration.client())
      settings.readEndpoint(&reader)
      settings.readIdentity(&reader)
      settings.readNode(&reader)
      try settings.readTrust(&reader)
      if !reader.hasFailed { return settings }
    } catch {
      reader.refuse(error)
    }
    return nil
  }

  @inline(never)
  private mutating func readEndpoint(_ reader: inout SettingsReader) {
    var host = InlineArray<253, UInt8>(repeating: 0)
    var hostSpace = host.mutableSpan
    let hostCount = reader.read(.host, into: &hostSpace) ?? 0
    let hostText = host.span.extracting(0..<hostCount)
    if !Self.isHostName(hostText) { reader.refuse(.host, hostText) }
    var path = InlineArray<128, UInt8>(repeating: 0)
    var pathSpace = path.mutableSpan
    var pathCount = reader.read(.path, into: &pathSpace) ?? 0
    if pathCount == 0 { (path[0], pathCount) = (0x2F, 1) }
    let target = path.span.extracting(0..<pathCount)
    if !Self.isPath(target) { reader.refuse(.path, target) }
    let port = reader.number(.port, maximum: 65_535) ?? 443
    // Their sizes were checked.
    do throws(CapacityError) {
      endpoint = try Endpoint(host: hostText, port: UInt16(truncatingIfNeeded: port), target: target)
    } catch {}
  }

  @inline(never)
  private mutating func readIdentity(_ reader: inout SettingsReader) {
    var uid = InlineArray<64, UInt8>(repeating: 0)
    let uidCount = Self.readName(.uid, &reader, &uid)
    var channel = InlineArray<64, UInt8>(repeating: 0)
    let channelCount = Self.readName(.channel, &reader, &channel)
    var key = InlineArray<256, UInt8>(repeating: 0)
    var keySpace = key.mutableSpan
    // Hashing an empty key is the same as hashing none.
    let keyCount = reader.read(.key, into: &keySpace) ?? 0
    // Names were checked; where there are none that was said.
    do throws(JoinHeaderError) {
      identity = try ChannelIdentity(
        uid: uid.span.extracting(0..<uidCount), channel: channel.span.extracting(0..<channelCount),
        key: key.span.extracting(0..<keyCount))
    } catch {}
    var read = key.mutableSpan
    read.erase()
  }

  private static func readName(
    _ setting: Setting, _ reader: inout SettingsReader, _ name: inout InlineArray<64, UInt8>
  ) -> Int {
    var space = name.mutableSpan
    let count = reader.read(setting, into: &space) ?? 0
    for index in 0..<count where name[index] >= 0x80 {
      reader.refuse(setting, name.span.extracting(0..<count))
      return 0
    }
    return count
  }

  private mutating func readNode(_ reader: inout SettingsReader) {
    if let interval = reader.number(.interval) { node.intervalMilliseconds = interval }
    node.readingLimit = reader.number(.limit)
    respellsRefusedIdentity = Self.readRespelling(&reader)
    node.isSimulated = board_sensor_is_simulated()
    node.resetReason = ResetReason.reported(board_reset_reason())
  }

  private static func readRespelling(_ reader: inout SettingsReader) -> Bool {
    var text = InlineArray<16, UInt8>(repeating: 0)
    var space = text.mutableSpan
    guard let count = reader.read(.ghost, into: &space) else { return false }
    let choice = text.span.extracting(0..<count)
    let respell: StaticString = "respell"
    let wait: StaticString = "wait"
    if choice.isEqual(to: respell.bytes) { return true }
    if !choice.isEqual(to: wait.bytes) { reader.refuse(.ghost, choice) }
    return false
  }

  /// The value `ca`, else the board's own bundle.
  @inline(never)
  private mutating func readTrust(_ reader: inout SettingsReader) throws(TLSError) {
    let bundle = board_trust_bundle()
    var bytes = InlineArray<8192, UInt8>(repeating: 0)
    var space = bytes.mutableSpan
    guard let count = reader.read(.authorities, isRequired: bundle == nil, into: &space) else {
      if let bundle { try trust.useBundle(bundle) }
      return
    }
    let certificates = bytes.span.extracting(0..<count)
    do throws(TLSError) {
      let authorities = try trust.addAuthorities(certificates)
      if authorities.skipped > 0 { Report.skippedAuthorities(authorities.skipped) }
    } catch .invalidAuthority {
      reader.refuse(.authorities, certificates)
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
