import Bytes
import Glibc
import HAL
import WebSocket

@testable import Simulator

/// A WebSocket server on loopback for one client, that does exactly what a test says, right or wrong.
final class ScriptedServer: LoopParticipant {
  /// What it does once its script is sent.
  enum Ending {
    /// Ends its side at once.
    case finish
    /// Ends its side when the client's Close has come.
    case finishAtClose
    /// Stays, and answers nothing.
    case stay
    /// Stays, and reads nothing either.
    case stayDeaf
  }

  /// A frame of the client, unmasked.
  struct Frame: Equatable {
    var isFinal = true
    var opcode: UInt8
    var payload: [UInt8]
  }

  let listener: RelayListener
  private let response: [UInt8]?
  private let script: [UInt8]
  private let ending: Ending
  private var socket: LinuxSocket?
  private var handshake: ServerHandshake?
  private var output: [UInt8] = []
  private var writtenCount = 0
  private var isOpen = false
  private var hasFinished = false
  /// What the client sent behind its request.
  private(set) var received: [UInt8] = []
  /// Whether a client has connected.
  private(set) var isConnected = false

  /// `script` is sent behind `response`, which is a correct 101 unless something else is given.
  init(response: String? = nil, script: [UInt8] = [], ending: Ending = .finishAtClose) throws {
    listener = try RelayListener(host: "127.0.0.1", port: 0)
    self.response = response.map { Array($0.utf8) }
    (self.script, self.ending) = (script, ending)
  }

  var port: UInt16 { listener.address.port }

  /// A server's frame: FIN unless `isFinal` is false, no mask, shortest length.
  static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
    let first = (isFinal ? 0x80 : 0) | opcode
    let count = payload.count
    if count < 126 { return [first, UInt8(count)] + payload }
    if count < 65_536 { return [first, 126, UInt8(count >> 8), UInt8(count & 0xFF)] + payload }
    return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) } + payload
  }

  /// A Close with this code.
  static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
  }

  /// The client's frames so far; nil when one is not masked, as it must be.
  var frames: [Frame]? { isUnmasked ? nil : parsed }

  private var parsed: [Frame] = []
  private var parsedByteCount = 0
  private var isUnmasked = false

  private func parse() {
    while !isUnmasked, received.count - parsedByteCount >= 2 {
      let start = parsedByteCount
      let (first, second) = (received[start], received[start + 1])
      isUnmasked = second & 0x80 == 0
      let extended = second & 0x7F == 126 ? 2 : second & 0x7F == 127 ? 8 : 0
      let body = start + 2 + extended + 4
      guard received.count >= body else { return }
      let length = received[(start + 2)..<(start + 2 + extended)].reduce(0) { $0 << 8 | Int($1) }
      let count = extended == 0 ? Int(second & 0x7F) : length
      guard received.count >= body + count else { return }
      var payload = Array(received[body..<(body + count)])
      for index in payload.indices { payload[index] ^= received[body - 4 + (index & 3)] }
      parsed.append(Frame(isFinal: first & 0x80 != 0, opcode: first & 0x0F, payload: payload))
      parsedByteCount = body + count
    }
  }

  // MARK: Loop

  func addInterests(to interests: inout LoopInterests) {
    guard !hasFinished else { return }
    guard isConnected else {
      interests.add(listener.fileDescriptor)
      return
    }
    guard let descriptor = fileDescriptor else { return }
    interests.add(descriptor, reading: !isDeaf, writing: writtenCount < output.count)
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    if !isConnected { accept() }
    if !isDeaf { read() }
    parse()
    write()
  }

  /// Ends the connection with RST.
  func cut() {
    socket?.close()
    socket = nil
    hasFinished = true
  }

  private var isDeaf: Bool { if case .stayDeaf = ending { isOpen } else { false } }

  private var fileDescriptor: Int32? {
    switch socket {
    case .none: nil
    case .some(let socket): socket.fileDescriptor
    }
  }

  private func accept() {
    let descriptor = Glibc.accept(listener.fileDescriptor, nil, nil)
    guard descriptor >= 0 else { return }
    socket = LinuxSocket(adopting: descriptor)
    handshake = ServerHandshake()
    isConnected = true
  }

  private func read() {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while let count = readOnce(&chunk) {
      take(Array(chunk.prefix(count)))
    }
  }

  private func readOnce(_ chunk: inout [UInt8]) -> Int? {
    var span = chunk.mutableSpan
    guard case .bytes(let count)? = try? socket?.read(into: &span) else { return nil }
    return count
  }

  private func take(_ bytes: [UInt8]) {
    guard var opening = handshake.take() else {
      received += bytes
      return
    }
    var position = 0
    guard (try? opening.receive(bytes.span, position: &position)) == true else {
      handshake = consume opening
      return
    }
    output = (response ?? Self.upgrade(opening)) + script
    isOpen = true
    received += bytes[position...]
  }

  private static func upgrade(_ handshake: borrowing ServerHandshake) -> [UInt8] {
    var text = InlineArray<512, UInt8>(repeating: 0)
    var writer = ByteWriter(text.mutableSpan)
    handshake.writeResponse(subprotocol: handshake.subprotocol, to: &writer)
    let count = min(writer.requiredCount, 512)
    return [UInt8](text.span.extracting(0..<count))
  }

  private func write() {
    while writtenCount < output.count {
      let piece = Array(output[writtenCount..<min(output.count, writtenCount + 65_536)])
      guard let count = try? socket?.write(piece.span), count > 0 else { return }
      writtenCount += count
    }
    guard isOpen else { return }
    switch ending {
    case .finish: finish()
    case .finishAtClose: if parsed.contains(where: { $0.opcode == 8 }) { finish() }
    case .stay, .stayDeaf: break
    }
  }

  private func finish() {
    socket?.finishWriting()
    hasFinished = true
  }
}

/// Runs a probe against a server in one event loop.
enum ProbeRun {
  /// The report and the text of a probe of `server`; fails when it takes longer than 30 s.
  static func against(
    _ server: ScriptedServer, _ change: (inout Probe.Settings) -> Void = { _ in }
  ) throws -> (report: ProbeReport, text: String) {
    var settings = Probe.Settings(url: try ServerURL("ws://127.0.0.1:\(server.port)/a?b", allowsInsecure: true))
    settings.isKeepingMessages = true
    settings.closingMilliseconds = 100
    change(&settings)
    let loop = EventLoop()
    loop.add(server)
    return try run(settings, in: loop)
  }

  /// The same with a loop that has the server in it already.
  static func run(
    _ settings: Probe.Settings, in loop: EventLoop, authority: [UInt8]? = nil
  ) throws -> (report: ProbeReport, text: String) {
    final class Lines { var text = "" }
    let lines = Lines()
    let folder = try TemporaryFolder()
    if let authority { try folder.write(String(decoding: authority, as: UTF8.self), to: "ca.pem") }
    let configuration =
      authority == nil ? nil : try ClientTrust.configuration(authorityFiles: [folder.path + "/ca.pem"], pins: [])
    let probe = Probe(settings, configuration) { lines.text += String(decoding: $0.bytes, as: UTF8.self) }
    loop.add(probe)
    probe.start()
    _ = try loop.run(until: { probe.isEnded }, timeoutMilliseconds: 30_000)
    guard probe.isEnded else { throw RunFailure("the probe has not ended:\n\(lines.text)") }
    return (probe.report, lines.text)
  }
}
