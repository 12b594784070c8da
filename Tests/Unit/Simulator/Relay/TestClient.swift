import Glibc
import HAL
import TLS
import Testing
import WebSocket

@testable import Simulator

/// TLS on the client's side, as a transport for `TestClient`.
final class TLSClientTransport: RelayTransport {
  private var session: TLSSession<4096, 4096>
  private var socket: LinuxSocket

  init(fileDescriptor: Int32, authority: [UInt8], serverName: String) throws {
    socket = LinuxSocket(adopting: fileDescriptor)
    var configuration = try TLSConfiguration.client()
    _ = try configuration.addAuthorities(authority.span)
    let name = Array(serverName.utf8)
    session = try TLSSession(client: configuration, serverName: name.span)
  }

  var fileDescriptor: Int32? { socket.fileDescriptor }
  var wantsToWrite: Bool { session.hasPendingOutput }
  var hasBufferedInput: Bool { session.hasBufferedInput }

  func handshake() throws(TransportFailure) -> Bool {
    do { return try session.handshake(over: &socket) } catch { throw TransportFailure("\(error)") }
  }
  func read(into output: inout MutableSpan<UInt8>) throws(TransportFailure) -> ReadResult {
    do { return try session.read(into: &output, over: &socket) } catch { throw TransportFailure("\(error)") }
  }
  func write(_ bytes: Span<UInt8>) throws(TransportFailure) -> Int {
    do { return try session.write(bytes, over: &socket) } catch { throw TransportFailure("\(error)") }
  }
  func flush() throws(TransportFailure) -> Bool {
    do { return try session.flush(over: &socket) } catch { throw TransportFailure("\(error)") }
  }
  func finishWriting() { socket.finishWriting() }
  func close() { socket.close() }
}

/// A client in the same loop as the server: sends raw bytes, keeps raw bytes.
final class TestClient: LoopParticipant {
  private let transport: any RelayTransport
  private var outgoing: [UInt8] = []
  private var isSecured = false
  /// Everything that came and was not taken yet.
  private(set) var received: [UInt8] = []
  /// Whether the server has sent FIN.
  private(set) var hasEnded = false
  /// How the connection was lost.
  private(set) var failure: String?
  /// A client that reads nothing until it is told to.
  var isReading = true

  init(_ transport: any RelayTransport) {
    self.transport = transport
  }

  var isOver: Bool { hasEnded || failure != nil }

  func addInterests(to interests: inout LoopInterests) {
    guard let descriptor = transport.fileDescriptor, !isOver else { return }
    interests.add(
      descriptor, reading: isReading, writing: transport.wantsToWrite || (isSecured && !outgoing.isEmpty))
    if !isSecured { interests.wake(atMilliseconds: LinuxClock().monotonicMilliseconds() + 1) }
    if transport.hasBufferedInput && isReading { interests.wake(atMilliseconds: 0) }
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    guard !isOver else { return }
    do {
      if !isSecured { isSecured = try transport.handshake() }
      guard isSecured else { return }
      try write()
      if isReading { try read() }
    } catch { failure = error.text }
  }

  private func write() throws(TransportFailure) {
    while !outgoing.isEmpty {
      let bytes = outgoing
      let count = try transport.write(bytes.span)
      if count == 0 { break }
      outgoing.removeFirst(count)
    }
    _ = try transport.flush()
  }

  private func read() throws(TransportFailure) {
    var memory = [UInt8](repeating: 0, count: 65_536)
    while true {
      var span = memory.mutableSpan
      switch try transport.read(into: &span) {
      case .bytes(let count): received += memory.prefix(count)
      case .wouldBlock: return
      case .end:
        hasEnded = true
        return
      }
    }
  }

  func send(_ bytes: [UInt8]) { outgoing += bytes }

  func send(_ text: String) { outgoing += Array(text.utf8) }

  func finishWriting() { transport.finishWriting() }

  func close() { transport.close() }

  /// Takes what has come.
  func take() -> [UInt8] {
    defer { received = [] }
    return received
  }

  /// Takes the HTTP head, if it is complete.
  func takeHead() -> String? {
    let end = Array("\r\n\r\n".utf8)
    guard let range = received.firstRange(of: end) else { return nil }
    let head = String(decoding: received[..<range.upperBound], as: UTF8.self)
    received.removeSubrange(..<range.upperBound)
    return head
  }

  /// Takes all complete frames, described as `RelayHarness` does.
  func takeFrames() -> [String] {
    var frames: [String] = []
    var offset = 0
    while let header = try? FrameHeader.decode(received.span.extracting(offset..<received.count), receiver: .client) {
      let end = offset + header.encodedSize + Int(header.payloadLength)
      guard end <= received.count else { break }
      let payload = Array(received[(offset + header.encodedSize)..<end])
      frames.append(RelayHarness.describe(RelayFrame(header.opcode, payload)) + (header.isFinal ? "" : "…"))
      offset = end
    }
    received.removeFirst(offset)
    return frames
  }

  // MARK: What a client says

  static func request(
    path: String = "/", method: String = "GET", subprotocols: [String] = ["mles-websocket"], extra: String = ""
  ) -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      // The key of RFC 6455, section 1.3.
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      + subprotocols.map { "Sec-WebSocket-Protocol: \($0)\r\n" }.joined() + extra + "\r\n"
  }

  /// A masked frame.
  static func frame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
    let key: UInt32 = 0x1234_5678
    let header = FrameHeader(
      isFinal: isFinal, opcode: opcode, maskingKey: key, payloadLength: UInt64(payload.count))
    var bytes = [UInt8](repeating: 0, count: header.encodedSize)
    var span = bytes.mutableSpan
    _ = header.encode(into: &span)
    var masked = payload
    var payloadSpan = masked.mutableSpan
    Masking.apply(key, offset: 0, to: &payloadSpan)
    return bytes + masked
  }

  static func text(_ text: String) -> [UInt8] { frame(.text, Array(text.utf8)) }

  static func header(_ uid: String) -> [UInt8] { text(RelayHarness.header(uid)) }
}

/// A relay server on loopback, with clients in its own loop.
final class ServerHarness {
  let loop = EventLoop()
  let server: RelayServer
  private(set) var log: [String] = []

  init(
    limits: RelayLimits = RelayLimits(), connectionCountMax: Int = 2000, certificate: RelayCertificate? = nil,
    _ configure: (inout RelayCore.Configuration) -> Void = { _ in }
  ) throws {
    var configuration = RelayCore.Configuration()
    configure(&configuration)
    let lines = Lines()
    server = RelayServer(
      listener: try RelayListener(host: "127.0.0.1", port: 0), core: RelayCore(configuration), limits: limits,
      connectionCountMax: connectionCountMax,
      makeTransport: { (descriptor) throws(TransportFailure) in
        guard let certificate else { return PlainTransport(fileDescriptor: descriptor) }
        return try TLSTransport(fileDescriptor: descriptor, certificate: certificate)
      },
      log: { text, _ in lines.texts.append(text) })
    self.lines = lines
    loop.add(server)
  }

  private final class Lines { var texts: [String] = [] }
  private let lines: Lines
  var logLines: [String] { lines.texts }

  /// A new TCP connection to the server.
  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    try #require(server.address.withPointer { Glibc.connect(descriptor, $0, $1) } == 0)
    return descriptor
  }

  func client() throws -> TestClient {
    let client = TestClient(PlainTransport(fileDescriptor: try connect()))
    loop.add(client)
    return client
  }

  /// A client that has got its 101.
  func upgraded() throws -> TestClient {
    let client = try client()
    client.send(TestClient.request())
    try wait { client.received.suffix(4) == Array("\r\n\r\n".utf8) }
    _ = client.take()
    return client
  }

  /// A client on the channel, with the history taken.
  func member(_ uid: String) throws -> TestClient {
    let client = try upgraded()
    let before = server.core.statistics.joinCount
    client.send(TestClient.header(uid))
    try wait { self.server.core.statistics.joinCount == before + 1 }
    return client
  }

  /// Alice and Bob on the channel; Bob has taken Alice's header out of the history.
  func pair() throws -> (alice: TestClient, bob: TestClient) {
    let (alice, bob) = (try member("alice"), try member("bob"))
    let header = RelayFrame(.text, Array(RelayHarness.header("alice").utf8)).wire
    try wait { bob.received.count >= header.count }
    let isHeader = bob.take() == header
    try #require(isHeader)
    return (alice, bob)
  }

  func wait(
    timeoutMilliseconds: UInt64 = 10_000, _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let isMet = try loop.run(until: condition, timeoutMilliseconds: timeoutMilliseconds)
    try #require(isMet, "log: \(logLines)", sourceLocation: sourceLocation)
  }
}
