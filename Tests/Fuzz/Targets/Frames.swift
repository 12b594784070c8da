import Bytes
import WebSocket

// Input: a stream of frames, as it comes behind the opening handshake, for a client and for a server.

private let memoryBytes = 24

func fuzz(_ input: [UInt8]) {
  for role in [Role.client, .server] {
    for oversize in [OversizePolicy.refuse, .stream(maximumBytes: 600)] {
      let whole = received(input, .none, role, oversize)
      for cut in [Cut.everywhere, .mixed] {
        requireEqual(
          received(input, cut, role, oversize), whole, "\(role), \(oversize): the same events in pieces, cut \(cut)")
      }
      requireBounded(whole, input)
      requireSameMessages(whole, input, role)
      if role == .client { requireEncodes(whole) }
    }
    requireLegalAnswers(input, role)
  }
}

/// What an end with a small memory reports.
private func received(_ input: [UInt8], _ cut: Cut, _ role: Role, _ oversize: OversizePolicy) -> [Received] {
  var connection = Connection<24, 140>(role: role, oversize: oversize)
  var bytes = input
  var all: [Received] = []
  for piece in cut.pieces(of: input) {
    let events = receive(piece, of: &bytes, &connection)
    all += events
    if case .failure? = events.last { break }
  }
  return all
}

/// Feeds a piece, and collects what comes out until the first error.
private func receive(
  _ piece: Range<Int>, of bytes: inout [UInt8], _ connection: inout Connection<24, 140>
) -> [Received] {
  var all = bytes.mutableSpan
  var input = all._mutatingExtracting(piece)
  var position = 0
  var events: [Received] = []
  do throws(ProtocolError) {
    while let event = try connection.receive(&input, position: &position, randomBits: 0x1122_3344) {
      switch event {
      case .message(let kind): events.append(.message(kind, array(connection.message)))
      case .chunk: events.append(.chunk(connection.chunk, array(connection.message)))
      case .ping: events.append(.ping(array(connection.control)))
      case .pong: events.append(.pong(array(connection.control)))
      case .close(let code): events.append(.close(code?.rawValue, array(connection.closeReason)))
      }
    }
    require(position == input.count, "\(input.count - position) bytes unread")
  } catch {
    require(connection.state == .failed(error), "an error without a failed state")
    events.append(.failure(error))
  }
  return events
}

/// Events are paid for: two bytes at least for a message, one for a chunk.
private func requireBounded(_ events: [Received], _ input: [UInt8]) {
  require(events.count <= input.count + 1, "\(events.count) events of \(input.count) bytes")
  for event in events {
    switch event {
    case .message(_, let bytes), .chunk(_, let bytes): require(bytes.count <= memoryBytes, "more than the memory")
    case .ping(let bytes), .pong(let bytes): require(bytes.count <= 125, "a control frame too long")
    case .close(_, let reason): require(reason.count <= 123, "a reason too long")
    case .failure: break
    }
  }
}

// MARK: The frame reader by itself

private struct Message: Equatable {
  var kind: MessageKind
  var bytes: [UInt8]
}

/// `FrameReader` hands on what `MessageReceiver` puts together: the messages have to be the same.
private func requireSameMessages(_ events: [Received], _ input: [UInt8], _ role: Role) {
  var messages: [Message] = []
  var begun: [UInt8] = []
  for event in events {
    switch event {
    case .message(let kind, let bytes): messages.append(Message(kind: kind, bytes: bytes))
    case .chunk(let chunk, let bytes):
      require(chunk.offset == UInt64(begun.count), "chunk at \(chunk.offset), expected \(begun.count)")
      begun += bytes
      guard chunk.isFinal else { continue }
      require(chunk.totalBytes == UInt64(begun.count), "chunks of \(begun.count) bytes, said \(chunk)")
      messages.append(Message(kind: chunk.kind, bytes: begun))
      begun = []
    default: break
    }
  }
  for cut in [Cut.none, .mixed] {
    let read = readMessages(input, cut, role)
    require(read.starts(with: messages), "the frame reader's messages\n  \(read)\n  \(messages)")
  }
}

private func readMessages(_ input: [UInt8], _ cut: Cut, _ role: Role) -> [Message] {
  var reader = FrameReader(role: role)
  var messages: [Message] = []
  var header: FrameHeader?
  var kind: MessageKind?
  var begun: [UInt8] = []
  var memory = input
  for piece in cut.pieces(of: input) {
    var all = memory.mutableSpan
    var bytes = all._mutatingExtracting(piece)
    var position = 0
    do throws(ProtocolError) {
      while let event = try reader.next(&bytes, position: &position) {
        switch event {
        case .header(let next, let messageKind): (header, kind) = (next, messageKind)
        case .payload(let range, _, let isLast):
          guard let kind, let header else { continue }
          begun += array(bytes.span.extracting(range))
          guard isLast, header.isFinal else { continue }
          messages.append(Message(kind: kind, bytes: begun))
          begun = []
        }
      }
    } catch {
      return messages
    }
  }
  return messages
}

// MARK: What goes out

/// parse(encode(x)) == x, from a client to a server and back.
private func requireEncodes(_ events: [Received]) {
  var client = Connection<24, 512>(role: .client, oversize: .refuse)
  var server = Connection<24, 512>(role: .server, oversize: .refuse)
  for case .message(let kind, let bytes) in events.prefix(8) {
    guard (try? client.send(bytes.span, kind: kind, randomBits: 0xA1B2_C3D4)) != nil,
      (try? server.send(bytes.span, kind: kind, randomBits: 0)) != nil
    else { violated("\(bytes.count) bytes are not taken") }
    let (up, down) = (array(client.output), array(server.output))
    requireEqual(up, frame(kind.rawValue, bytes, key: 0xA1B2_C3D4), "a client's frame")
    requireEqual(down, frame(kind.rawValue, bytes), "a server's frame")
    client.consumeOutput(up.count, randomBits: 0)
    server.consumeOutput(down.count, randomBits: 0)
    requireEqual(receive([up], &server), [.message(kind, bytes)], "what a client sent")
    requireEqual(receive([down], &client), [.message(kind, bytes)], "what a server sent")
  }
}

/// Whatever comes in, what goes out is what the peer must accept: Pongs that answer Pings, in order, then one Close.
private func requireLegalAnswers(_ input: [UInt8], _ role: Role) {
  var connection = Connection<24, 140>(role: role, oversize: .refuse)
  var output: [UInt8] = []
  var pings: [[UInt8]] = []
  var hasFailed = false
  var bytes = input
  for (round, piece) in Cut.mixed.pieces(of: input).enumerated() {
    for event in receive(piece, of: &bytes, &connection) {
      if case .ping(let payload) = event { pings.append(payload) }
      if case .failure = event { hasFailed = true }
    }
    let taken = array(connection.output.extracting(first: round * 37 % 60))
    output += taken
    connection.consumeOutput(taken.count, randomBits: 0x5566_7788)
    require(connection.hasOutput || connection.output.isEmpty, "output that is not said")
    if hasFailed { break }
  }
  var limit = 4
  while connection.hasOutput, limit > 0 {
    output += array(connection.output)
    let count = connection.output.count
    connection.consumeOutput(count, randomBits: 0x99AA_BBCC)
    limit -= 1
  }
  require(!connection.hasOutput, "output without end")
  let answers = receive([output], as: role == .client ? .server : .client)
  var due = pings[...]
  for (index, answer) in answers.enumerated() {
    switch answer {
    case .pong(let payload):
      guard let place = due.firstIndex(of: payload) else { violated("a Pong that nobody asked for: \(payload)") }
      due = due[(place + 1)...]
    case .close: require(index == answers.count - 1, "something behind a Close")
    default: violated("\(role) answered \(answer)")
    }
  }
  if hasFailed, case .close? = answers.last {} else if hasFailed { violated("a failure without a Close") }
}
