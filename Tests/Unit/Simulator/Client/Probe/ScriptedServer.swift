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

  /// The client's frames so far; nil when they are not masked, as they must be.
  var frames: [Frame]? {
    var result: [Frame] = []
    var rest = received[...]
    while rest.count >= 2 {
      let start = rest.startIndex
      guard rest[start + 1] & 0x80 != 0 else { return nil }
      let short = Int(rest[start + 1] & 0x7F)
      let extended = short == 126 ? 2 : short == 127 ? 8 : 0
      guard rest.count >= 2 + extended + 4 else { break }
      let count = extended == 0 ? short : rest[(start + 2)..<(start + 2 + extended)].reduce(0) { $0 << 8 | Int($1) }
      let body = start + 2 + extended + 4
      guard rest.count >= 2 + extended + 4 + count else { break }
      let key = Array(rest[(body - 4)..<body])
      let payload = rest[body..<(body + count)].enumerated().map { $0.element ^ key[$0.offset & 3] }
      result.append(Frame(isFinal: rest[start] & 0x80 != 0, opcode: rest[start] & 0x0F, payload: payload))
      rest = rest[(body + count)...]
    }
    return result
  }

  // MARK: Loop

  func addInterests(to interests: inout LoopInterests) {
    guard !hasFinished else { return }
    guard isConnected else {
      interests.add(listener.fileDescriptor)
      return
    }
    guard let descriptor = fileDescriptor else { return }
    interests.add(descriptor, reading: !isDeaf, writing: !output.isEmpty)
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    if !isConnected { accept() }
    if !isDeaf { read() }
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
    while !output.isEmpty {
      guard let count = try? socket?.write(output.span), count > 0 else { return }
      output.removeFirst(count)
    }
    guard isOpen else { return }
    switch ending {
    case .finish: finish()
    case .finishAtClose: if frames?.contains(where: { $0.opcode == 8 }) ?? false { finish() }
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
