import Bytes
import WebSocket

// Input: an upgrade request, in bytes, and what follows. The first three words of the same bytes are also taken as host,
// target and subprotocol of a client's request, which a server must understand.

func fuzz(_ input: [UInt8]) {
  let whole = result(input, .none)
  for cut in [Cut.everywhere, .mixed] {
    requireEqual(result(input, cut), whole, "the same result in pieces, cut \(cut)")
  }
  switch whole {
  case .complete(let end): requireAccepts(Array(input[..<end]))
  case .failure(let error): requireRefusal(error)
  case .incomplete: require(input.count <= 8192, "\(input.count) bytes of a head without end")
  }
  let words = input.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false).map(Array.init)
  guard words.count >= 3 else { return }
  requireUnderstood(host: words[0], target: words[1], subprotocol: words[2])
}

private func result(_ input: [UInt8], _ cut: Cut) -> HeadResult {
  var server = ServerHandshake()
  return headResult(input, cut) { bytes, position throws(HandshakeError) in
    try server.receive(bytes, position: &position)
  }
}

/// What a request must have to be accepted, looked for by simpler means.
private func requireAccepts(_ head: [UInt8]) {
  let lines = linesOfHead(head)
  require(head.starts(with: "GET ".utf8) && lines[0].hasSuffix(" http/1.1"), "another request line")
  for name in ["host", "sec-websocket-key", "sec-websocket-version"] {
    require(lines.filter { $0.hasPrefix("\(name):") }.count == 1, "\(name) not once")
  }
  require(lines.contains { $0.hasPrefix("upgrade:") } && lines.contains { $0.hasPrefix("connection:") }, "no upgrade")
}

/// A refusal is a whole response with the status of the error.
private func requireRefusal(_ error: HandshakeError) {
  let status = error.refusalStatus
  guard let text = try? written(capacity: 256, { ServerHandshake.writeRefusal(status: status, to: &$0) }) else {
    violated("a refusal that does not fit")
  }
  require(text.hasPrefix("HTTP/1.1 \(status) ") && text.hasSuffix("\r\n\r\n"), text)
  require([400, 405, 426, 431, 505].contains(status), "\(error): status \(status)")
}

/// parse(encode(x)) == x: a request that the client writes is accepted, with its subprotocol, and so is the answer.
private func requireUnderstood(host: [UInt8], target: [UInt8], subprotocol: [UInt8]) {
  guard var client = try? ClientHandshake(nonce: sampleNonce, subprotocol: subprotocol.span) else { return }
  var memory = [UInt8](repeating: 0, count: 1024)
  var writer = ByteWriter(memory.mutableSpan)
  guard (try? client.writeRequest(host: host.span, port: 8443, target: target.span, to: &writer)) != nil,
    let count = try? writer.finish()
  else { return }
  var server = ServerHandshake()
  var position = 0
  let isComplete: Bool
  do throws(HandshakeError) {
    isComplete = try server.receive(memory.span.extracting(first: count), position: &position)
  } catch {
    // The one limit that a client does not have: the length of the first line.
    guard error.rule == .lineTooLong else { violated("\(error) for \(String(decoding: memory, as: UTF8.self))") }
    return
  }
  require(isComplete && position == count, "a request that goes on")
  requireEqual(array(server.subprotocol), subprotocol, "the subprotocol")
  var answer = [UInt8](repeating: 0, count: 512)
  var answerWriter = ByteWriter(answer.mutableSpan)
  server.writeResponse(subprotocol: subprotocol.span, to: &answerWriter)
  guard let answerCount = try? answerWriter.finish() else { violated("an answer that does not fit") }
  var answerPosition = 0
  do throws(HandshakeError) {
    let isAccepted = try client.receive(answer.span.extracting(first: answerCount), position: &answerPosition)
    require(isAccepted && answerPosition == answerCount, "an answer that goes on")
  } catch {
    violated("\(error) for \(String(decoding: answer, as: UTF8.self))")
  }
}
