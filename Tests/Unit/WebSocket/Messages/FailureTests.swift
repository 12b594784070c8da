import Testing

@testable import WebSocket

/// What a connection does when the peer breaks the protocol (RFC 6455, section 7.1.7).
@Suite struct FailureTests {
  /// A stream that breaks a rule, as a server sends it, the error and the code.
  static let failures: [([UInt8], ProtocolError, UInt16)] = [
    (frame(1, reserved: 1), .reservedBits(bits: 1), 1002), (frame(1, reserved: 4), .reservedBits(bits: 4), 1002),
    (frame(3), .reservedOpcode(got: 3), 1002), (frame(7), .reservedOpcode(got: 7), 1002),
    (frame(11), .reservedOpcode(got: 11), 1002), (frame(15), .reservedOpcode(got: 15), 1002),
    (frame(1, key: 1), .maskedFrameFromServer, 1002), (frame(9, fin: false), .fragmentedControlFrame(.ping), 1002),
    (frame(9, [UInt8](repeating: 0, count: 126)), .controlFrameTooLong(.ping), 1002),
    (frame(2, length: 125, form: .bytes(2)), .nonMinimalLength(length: 125, lengthBytes: 2), 1002),
    (frame(2, length: 1 << 63), .lengthAbove63Bits, 1002), (frame(0), .unexpectedContinuation, 1002),
    (frame(2, fin: false) + frame(1), .expectedContinuation(got: .text), 1002),
    (frame(1, [0xFF]), .invalidUTF8(offset: 0), 1007), (frame(1, [0xC3]), .invalidUTF8(offset: 1), 1007),
    (frame(8, [1]), .truncatedCloseCode, 1002), (frame(8, closePayload(1005)), .invalidCloseCode(got: 1005), 1002),
    (frame(8, closePayload(1000) + [0xFF]), .invalidUTF8(offset: 0), 1007),
    (frame(2, length: 65), .messageTooBig(length: 65, limit: 64), 1009),
  ]

  @Test("Every violation throws its error once, queues a Close with its code, and ends the connection")
  func violations() {
    for (stream, error, code) in Self.failures {
      for pieces in [[stream], byteByByte(stream)] {
        var connection = Connection<64, 256>(role: .client, oversize: .refuse)
        #expect(receive(pieces, &connection, randomBits: 2) == [.failure(error)])
        #expect(connection.state == .failed(error))
        #expect(connection.sentCloseCode?.rawValue == code)
        #expect(connection.trySend([1], .binary, key: 0) == .notOpen)
        #expect(receive([frame(1, Array("ignored".utf8)), frame(9)], &connection) == [])
        connection.close(.normal, reason: Span(), randomBits: 0)
        #expect(takeOutput(&connection) == frame(8, closePayload(code), key: 2))
      }
    }
  }

  @Test("A server closes the same way, unmasked")
  func server() {
    var connection = Connection<64, 256>(role: .server, oversize: .refuse)
    #expect(receive([frame(1, [0x41])], &connection) == [.failure(.unmaskedFrameFromClient)])
    #expect(takeOutput(&connection) == frame(8, closePayload(1002)))
  }

  @Test("A violation after this end's Close sends no second one")
  func whileClosing() {
    var connection = Connection<64, 256>(role: .client, oversize: .refuse)
    connection.close(.normal, reason: Span(), randomBits: 1)
    #expect(receive([frame(3)], &connection) == [.failure(.reservedOpcode(got: 3))])
    #expect(takeOutput(&connection) == frame(8, closePayload(1000), key: 1))
    #expect(connection.state == .failed(.reservedOpcode(got: 3)))
    #expect(connection.sentCloseCode == .normal)
  }

  @Test("What came before the violation is delivered, and a Pong owed goes before the Close")
  func before() {
    var connection = Connection<64, 256>(role: .client, oversize: .refuse)
    let stream = frame(1, Array("good".utf8)) + frame(9, [5]) + frame(3)
    #expect(
      receive([stream], &connection, randomBits: 7)
        == [.text("good"), .ping([5]), .failure(.reservedOpcode(got: 3))])
    #expect(takeOutput(&connection) == frame(10, [5], key: 7) + frame(8, closePayload(1002), key: 7))
  }

  @Test("A Close for which there is no room goes out as soon as there is")
  func noRoom() {
    var connection = Connection<64, 20>(role: .client, oversize: .refuse)
    #expect(connection.trySend([UInt8](repeating: 1, count: 14), .binary, key: 0) == nil)
    #expect(receive([frame(3)], &connection) == [.failure(.reservedOpcode(got: 3))])
    let isWaiting = connection.hasOutput
    #expect(isWaiting)
    connection.consumeOutput(12, randomBits: 9)
    #expect(array(connection.output).suffix(8) == frame(8, closePayload(1002), key: 9)[...])
  }
}
