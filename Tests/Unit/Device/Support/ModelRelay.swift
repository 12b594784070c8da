import Bytes
import HAL
import TLS
import WebSocket

/// A CA and a server certificate for `mles.test`, made once in a test run.
struct TestCertificates: Sendable {
  let authority: [UInt8]
  let chain: [UInt8]
  let key: [UInt8]

  /// Valid from 2000 to the start of 2100.
  static let shared: TestCertificates? = try? TestCertificates(from: 946_684_800, to: 4_102_444_800)

  init(authority: [UInt8], chain: [UInt8], key: [UInt8]) {
    (self.authority, self.chain, self.key) = (authority, chain, key)
  }

  init(from: Int64, to: Int64) throws {
    let authority = try DevelopmentCertificate.authority(
      name: Array("Test CA".utf8).span, validFromSeconds: 946_684_800, validToSeconds: 4_102_444_800)
    let server = try authority.issue(
      names: Array("mles.test".utf8).span, validFromSeconds: from, validToSeconds: to)
    self.authority = array(authority.certificate)
    chain = array(server.certificate)
    key = array(server.privateKey)
  }
}

/// The Mles server at the other end of a wire: TLS by this project's session in the server's role, then what
/// mles-rs 2.9.2 does with one client, as far as a board sees it.
final class ModelRelay {
  enum JoinPolicy {
    /// The join is confirmed by the history, at once: a message of somebody else, then what this client has sent before.
    case history
    /// Nothing is said before the first Ping.
    case silent
    /// Closed at once with `88 00` and FIN.
    case refuseAtOnce
    /// Closed at the first tick, without a Ping.
    case refuseAtTick
    /// TCP is accepted, and nothing else.
    case mute
  }

  let time: VirtualTime
  let wire: Wire
  var policy = JoinPolicy.history
  /// Pings go out in this period, counted from the upgrade.
  var pingMilliseconds: UInt64 = 24_000
  /// Whether the server reads; when not, the client's socket fills.
  var isReading = true
  /// The join headers, one for each connection that got so far.
  private(set) var headers: [String] = []
  /// The messages of each connection.
  private(set) var messages: [[String]] = []
  private(set) var pongCount = 0
  private(set) var tlsResumed: [Bool] = []
  /// TCP connections that were accepted.
  private(set) var acceptedCount = 0
  private(set) var closesReceived = 0
  /// What a joiner is sent, join headers left out; a test that empties it has restarted the server.
  var stored: [String] = []
  private(set) var failure: TLSError?

  private let configuration: TLSConfiguration
  private var socket: ServerSocket
  private var tls: TLSSession<4096, 16_384>?
  private var handshake: ServerHandshake?
  private var connection: Connection<2048, 8192>?
  private var isSecured = false
  private var hasHeader = false
  private var isRefused = false
  private var outgoing: [UInt8] = []
  private var isEnding = false
  private var nextPing = UInt64.max

  init(wire: Wire, certificates: TestCertificates) throws {
    self.wire = wire
    time = wire.time
    socket = ServerSocket(wire: wire)
    configuration = try .server(certificateChain: certificates.chain.span, privateKey: certificates.key.span)
  }

  /// All messages of all connections, in the order in which they came.
  var allMessages: [String] { messages.flatMap { $0 } }
  /// When the server acts by itself.
  var nextMilliseconds: UInt64 { hasConnection && !wire.isSilent ? nextPing : .max }
  private var hasConnection: Bool { acceptedCount == wire.generation && !wire.clientHasClosed && !isEnding }

  // MARK: What a test makes the server do

  func send(text: String) {
    try? connection?.send(Array(text.utf8).span, kind: .text, randomBits: 0)
  }

  /// Bytes as they are, after what is queued.
  func send(raw bytes: [UInt8]) {
    collect()
    outgoing += bytes
  }

  /// FIN behind what is queued.
  func end() {
    collect()
    isEnding = true
  }

  // MARK: Running

  /// Does what can be done now; true when anything was.
  func run() -> Bool {
    var isProgress = false
    if acceptedCount != wire.generation {
      accept()
      isProgress = true
    }
    guard acceptedCount > 0, policy != .mute else { return isProgress }
    if hasConnection, time.now >= nextPing { tick() }
    let waiting = wire.toServer.count + wire.toClient.count + outgoing.count
    do throws(TLSError) {
      if isReading { try receive() }
      try transmit()
    } catch {
      failure = error
      wire.serverHasEnded = true
      tls = nil
    }
    return isProgress || waiting != wire.toServer.count + wire.toClient.count + outgoing.count
  }

  private func accept() {
    acceptedCount = wire.generation
    tls = try? TLSSession(server: configuration)
    handshake = ServerHandshake()
    connection = nil
    (isSecured, hasHeader, isRefused, isEnding) = (false, false, false, false)
    outgoing = []
    nextPing = .max
    messages.append([])
  }

  private func tick() {
    nextPing += pingMilliseconds
    if policy == .refuseAtTick {
      refuse()
    } else {
      try? connection?.sendPing(Span(), randomBits: 0)
    }
  }

  private func refuse() {
    isRefused = true
    send(raw: [0x88, 0x00])
    isEnding = true
  }

  private func receive() throws(TLSError) {
    if !isSecured {
      guard try tls?.handshake(over: &socket) ?? false else { return }
      isSecured = true
      if let information = tls?.information { tlsResumed.append(information.isResumed) }
    }
    var bytes = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<1_000 {
      var space = bytes.mutableSpan
      guard case .bytes(let count) = try tls?.read(into: &space, over: &socket) ?? .end else { return }
      var piece = Array(bytes[..<count])
      take(&piece)
    }
  }

  private func take(_ bytes: inout [UInt8]) {
    var position = 0
    if connection == nil {
      guard (try? handshake?.receive(bytes.span, position: &position)) == true else { return }
      respond()
    }
    var span = bytes.mutableSpan
    while let event = try? connection?.receive(&span, position: &position, randomBits: 0) {
      switch event {
      case .message: take(message: messageText)
      case .pong: pongCount += 1
      case .close:
        closesReceived += 1
        isEnding = true
      case .chunk, .ping: break
      }
    }
  }

  private var messageText: String {
    guard let taken = connection.take() else { return "" }
    let message = text(taken.message)
    connection = consume taken
    return message
  }

  private func respond() {
    var response = [UInt8](repeating: 0, count: 512)
    var writer = ByteWriter(response.mutableSpan)
    let subprotocol = Array("mles-websocket".utf8)
    handshake?.writeResponse(subprotocol: subprotocol.span, to: &writer)
    let count = min(writer.requiredCount, 512)
    outgoing += response[..<count]
    connection = Connection(role: .server, oversize: .refuse)
    nextPing = time.now + pingMilliseconds
  }

  private func take(message: String) {
    guard !isRefused else { return }
    guard hasHeader else {
      hasHeader = true
      headers.append(message)
      switch policy {
      case .history:
        send(text: "history")
        for message in stored {
          // The connection's buffer does not hold a whole history.
          collect()
          send(text: message)
        }
      case .refuseAtOnce: refuse()
      case .refuseAtTick: isRefused = true
      case .silent, .mute: break
      }
      return
    }
    messages[messages.count - 1].append(message)
    stored.append(message)
    if stored.count > 199 { stored.removeFirst() }
  }

  /// Moves what the connection has queued to `outgoing`.
  private func collect() {
    guard let queued = connection.take() else { return }
    var open = queued
    let bytes = array(open.output)
    open.consumeOutput(bytes.count, randomBits: 0)
    connection = consume open
    outgoing += bytes
  }

  private func transmit() throws(TLSError) {
    // A client's Close is not answered, FIN follows.
    if !isEnding { collect() }
    while !outgoing.isEmpty {
      let count = try tls?.write(outgoing.span, over: &socket) ?? outgoing.count
      guard count > 0 else { return }
      outgoing.removeFirst(count)
    }
    let isFlushed = try tls?.flush(over: &socket) ?? true
    if isFlushed, isEnding { wire.serverHasEnded = true }
  }
}
