import Bytes
import HAL
import TLS
import WebSocket

/// Bytes both ways, from the HTTP response to the FIN.
extension ProbeConnection {
  /// Whether bytes wait for the socket to take them.
  var hasOutput: Bool { frames.hasOutput || transport.hasPendingOutput }

  /// Writes what there is to write and reads what has come, until there is nothing to do or it is time to look at
  /// deadlines.
  mutating func exchange() throws(RunFailure) {
    var rounds = 0
    hasMoreInput = false
    while !isEnded {
      let hasWritten = try writeOutput()
      let hasRead = try readInput()
      guard hasWritten || hasRead else { return }
      if settings.isEchoing, case .open = phase {
        deadlineMilliseconds = nowMilliseconds + settings.timeoutMilliseconds
      }
      rounds += 1
      if rounds == Self.roundsMax {
        hasMoreInput = true
        return
      }
    }
  }

  // MARK: Out

  /// Hands output to the transport as far as it takes it, and what is blocked to the output; whether bytes moved.
  private mutating func writeOutput() throws(RunFailure) -> Bool {
    var hasMoved = false
    while !frames.output.isEmpty {
      let count = try transport.write(frames.output)
      guard count > 0 else { break }
      hasMoved = true
      frames.consumeOutput(count, randomBits: entropy.bits())
    }
    let isFlushed = try transport.flush()
    if isFlushed, !frames.hasOutput, let code = queuedClose {
      report.closeSent = code
      queuedClose = nil
    }
    if let echo = blockedEcho, send(echo) { blockedEcho = nil }
    return hasMoved
  }

  // MARK: In

  /// Takes what was read before, then reads once; whether bytes moved.
  private mutating func readInput() throws(RunFailure) -> Bool {
    try takeInput()
    guard inputPosition == inputCount, blockedEcho == nil, !isEnded else { return false }
    switch try read() {
    case .wouldBlock:
      hasMoreInput = transport.hasBufferedInput
      return false
    case .end:
      try serverEnded()
      return false
    case .bytes(let count):
      (inputPosition, inputCount) = (0, count)
      try takeInput()
      return true
    }
  }

  /// A connection that is cut when all has been said ends like one that is closed.
  private mutating func read() throws(RunFailure) -> ReadResult {
    do throws(RunFailure) {
      var space = input.mutableSpan
      return try transport.read(into: &space)
    } catch {
      guard case .lingering = phase else { throw error }
      say("tcp", error.description)
      return .end
    }
  }

  private mutating func takeInput() throws(RunFailure) {
    if case .upgrading = phase { try takeResponse() }
    switch phase {
    case .open, .closing: takeFrames()
    case .lingering: inputPosition = inputCount
    default: break
    }
  }

  private mutating func takeResponse() throws(RunFailure) {
    let start = inputPosition
    do throws(HandshakeError) {
      guard var opening = handshake.take() else { return }
      let isComplete = try opening.receive(input.span.extracting(0..<inputCount), position: &inputPosition)
      sayStatus(start..<inputPosition)
      guard isComplete else {
        handshake = consume opening
        return
      }
    } catch {
      sayStatus(start..<inputCount)
      throw RunFailure("HTTP: " + describing(error.describe(to:)))
    }
    report.isOpened = true
    report.subprotocol = settings.subprotocol.isEmpty ? nil : settings.subprotocol
    say("opened", report.subprotocol.map { "subprotocol \($0)" } ?? "no subprotocol")
    phase = .open
  }

  /// Shows the first line of the response once it is there.
  private mutating func sayStatus(_ range: Range<Int>) {
    guard !hasStatusLine else { return }
    for index in range {
      let byte = input[index]
      if byte == 0x0D || byte == 0x0A || statusLine.count == 128 {
        hasStatusLine = true
        return say("http", String(decoding: statusLine, as: UTF8.self))
      }
      statusLine.append(byte)
    }
  }

  private mutating func serverEnded() throws(RunFailure) {
    switch phase {
    case .upgrading:
      let error = handshake.take()?.truncation ?? .truncated(atByte: 0)
      throw RunFailure("HTTP: " + describing(error.describe(to:)))
    case .open:
      guard frames.isBetweenMessages else {
        throw RunFailure("the server ended the connection in the middle of a message")
      }
      say("tcp", "the server ended the connection without a Close")
    default:
      say("tcp", "the server closed the connection" + (isNotified ? ", with TLS close_notify" : ""))
    }
    end()
  }

  private var isNotified: Bool { transport.tlsInformation?.isClosedByNotify ?? false }
}
