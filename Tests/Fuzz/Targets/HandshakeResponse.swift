import Bytes
import WebSocket

// Input: what a server answers to the upgrade request, in bytes, and what follows. The key of the request is the one of
// RFC 6455, section 1.3.

func fuzz(_ input: [UInt8]) {
  for subprotocol in ["mles-websocket", ""] {
    let whole = result(input, .none, subprotocol)
    for cut in [Cut.everywhere, .mixed] {
      requireEqual(result(input, cut, subprotocol), whole, "the same result in pieces, cut \(cut)")
    }
    switch whole {
    case .complete(let end): requireAccepts(Array(input[..<end]), subprotocol)
    case .failure(let error): requireWords(error)
    case .incomplete: require(input.count <= 8192, "\(input.count) bytes of a head without end")
    }
  }
}

private func result(_ input: [UInt8], _ cut: Cut, _ subprotocol: String) -> HeadResult {
  guard var client = try? ClientHandshake(nonce: sampleNonce, subprotocol: Array(subprotocol.utf8).span) else {
    violated("no handshake")
  }
  return headResult(input, cut) { bytes, position throws(HandshakeError) in
    try client.receive(bytes, position: &position)
  }
}

/// What a head must have to be accepted, looked for by simpler means: the status, the accept value, the subprotocol, no
/// bare line ends.
private func requireAccepts(_ head: [UInt8], _ subprotocol: String) {
  let lines = linesOfHead(head)
  require(head.starts(with: "HTTP/1.1 101".utf8), "another status")
  require(String(decoding: head, as: UTF8.self).contains(sampleAccept), "no accept value")
  func count(_ name: String) -> Int { lines.filter { $0.hasPrefix("\(name):") }.count }
  require(count("upgrade") == 1 && count("sec-websocket-accept") == 1, "a header twice")
  require(count("sec-websocket-extensions") == 0, "an extension")
  require(count("sec-websocket-protocol") == (subprotocol.isEmpty ? 0 : 1), "a subprotocol that was not agreed on")
}

/// Every error has words, of bounded size and in ASCII.
private func requireWords(_ error: HandshakeError) {
  guard let words = try? written(capacity: 160, { error.describe(to: &$0) }) else { violated("\(error): too long") }
  require(!words.isEmpty && words.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(error): \(words)")
}
