import Bytes
import WebSocket

/// Messages, echoes and the closing handshake.
extension ProbeConnection {
  /// What was received last and is to go back; its bytes are in `echoBytes`.
  enum Echo {
    case message(MessageKind)
    case fragment(MessageKind, isFinal: Bool)
  }

  /// A message whose parts are coming, as far as it is shown or kept.
  struct IncomingMessage {
    /// Bytes shown of one message.
    static let previewByteCount = 80
    var byteCount: UInt64 = 0
    var preview: [UInt8] = []
    /// Nil once the message is too large to be kept.
    var kept: [UInt8]? = []

    mutating func add(_ bytes: Span<UInt8>, roomBytes: Int) {
      byteCount += UInt64(bytes.count)
      let shown = min(bytes.count, Self.previewByteCount - preview.count)
      for index in 0..<shown { preview.append(bytes[index]) }
      guard kept != nil else { return }
      if let before = kept?.count, before + bytes.count <= roomBytes {
        bytes.withUnsafeBufferPointer { kept?.append(contentsOf: $0) }
      } else {
        kept = nil
      }
    }

    func text(_ kind: MessageKind) -> String {
      let dots = byteCount > UInt64(preview.count) ? "…" : ""
      switch kind {
      case .text: return "text, \(byteCount) bytes: \(String(decoding: preview, as: UTF8.self))\(dots)"
      case .binary:
        let digits = String(decoding: JSONText.hexadecimal(Array(preview.prefix(32))), as: UTF8.self)
        return "binary, \(byteCount) bytes: \(digits)\(byteCount > 32 ? "…" : "")"
      }
    }
  }

  // MARK: Receiving

  /// Reads frames until the input is used up, an echo is blocked or all has been said.
  mutating func takeFrames() {
    while blockedEcho == nil {
      do throws(ProtocolError) {
        guard let event = try nextEvent() else { return }
        handle(event)
      } catch {
        return failed(error)
      }
      guard case .lingering = phase else { continue }
      inputPosition = inputCount
      return
    }
  }

  private mutating func nextEvent() throws(ProtocolError) -> MessageEvent? {
    let bits = entropy.bits()
    var arrived = input.mutableSpan._consumingExtracting(0..<inputCount)
    return try frames.receive(&arrived, position: &inputPosition, randomBits: bits)
  }

  private mutating func handle(_ event: MessageEvent) {
    switch event {
    case .message(let kind):
      take(kind, isFinal: true)
      echo(.message(kind))
    case .chunk:
      let chunk = frames.chunk
      take(chunk.kind, isFinal: chunk.isFinal)
      echo(.fragment(chunk.kind, isFinal: chunk.isFinal))
    case .ping: say("ping", "\(frames.control.count) bytes\(isOpen ? ", answered" : "")")
    case .pong: say("pong", "\(frames.control.count) bytes")
    case .close(let code): closed(code)
    }
  }

  var isOpen: Bool { if case .open = phase { true } else { false } }

  private mutating func take(_ kind: MessageKind, isFinal: Bool) {
    incoming.add(frames.message, roomBytes: report.roomBytes)
    guard isFinal else { return }
    say("message", incoming.text(kind))
    report.messageCount += 1
    report.messageByteCount += incoming.byteCount
    if settings.isKeepingMessages { report.add(incoming.kept) }
    incoming = IncomingMessage()
  }

  // MARK: Echo

  private mutating func echo(_ echo: Echo) {
    guard settings.isEchoing, isOpen else { return }
    echoBytes.removeAll(keepingCapacity: true)
    frames.message.withUnsafeBufferPointer { echoBytes.append(contentsOf: $0) }
    if !send(echo) { blockedEcho = echo }
  }

  /// Sends back what `echoBytes` holds; false when there is no room for it now.
  mutating func send(_ echo: Echo) -> Bool {
    let (bits, bytes) = (entropy.bits(), echoBytes)
    do throws(Frames.SendError) {
      switch echo {
      case .message(let kind): try frames.send(bytes.span, kind: kind, randomBits: bits)
      case .fragment(let kind, let isFinal):
        try frames.sendFragment(bytes.span, kind: kind, isFinal: isFinal, randomBits: bits)
      }
      return true
    } catch .wouldBlock {
      return false
    } catch {
      // Not open any more: there is no one to send it to. Nothing is too large for the output.
      return true
    }
  }

  // MARK: Closing

  /// Sends a Close first, and waits a bounded time for the server's.
  mutating func startClosing(_ code: CloseCode, _ reason: String) {
    say("close", "sending \(code.rawValue), \(reason)")
    frames.close(code, reason: Span(), randomBits: entropy.bits())
    queuedClose = code.rawValue
    blockedEcho = nil
    phase = .closing
    deadlineMilliseconds = nowMilliseconds + settings.closingMilliseconds
    hasMoreInput = true
  }

  /// The server's Close is there; if it came first, this end's is on its way back with the same code.
  private mutating func closed(_ code: CloseCode?) {
    let number = code?.rawValue
    report.closeReceived = number ?? ProbeReport.noStatusReceived
    let reason = frames.closeReason.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    say("close", "received " + (number.map { "\($0)" } ?? "without a code") + (reason.isEmpty ? "" : ": \(reason)"))
    if isOpen {
      queuedClose = frames.sentCloseCode?.rawValue ?? ProbeReport.noStatusReceived
      say("close", "answered")
    }
    linger()
  }

  /// The server broke the protocol, or sent too much.
  private mutating func failed(_ error: ProtocolError) {
    fail("WebSocket: " + describing(error.describe(to:)))
    if isOpen, let code = frames.sentCloseCode {
      queuedClose = code.rawValue
      say("close", "sending \(code.rawValue)")
    }
    linger()
  }

  /// A server closes TCP first (RFC 6455, section 7.1.1); it is given a bounded time for that.
  private mutating func linger() {
    phase = .lingering
    inputPosition = inputCount
    deadlineMilliseconds = nowMilliseconds + settings.closingMilliseconds
  }
}
