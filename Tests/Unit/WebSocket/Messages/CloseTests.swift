import Testing

@testable import WebSocket

/// The closing handshake (RFC 6455, sections 5.5.1 and 7).
@Suite struct CloseTests {
  private func connection(_ role: Role) -> Connection<64, 256> { Connection(role: role, oversize: .refuse) }

  @Test("This end first: Close with code and reason, then the peer's Close, then closed")
  func closingFirst() {
    var connection = connection(.client)
    connection.close(.goingAway, reason: Array("bye °".utf8).span, randomBits: 9)
    #expect(connection.state == .closing)
    #expect(connection.sentCloseCode == .goingAway)
    #expect(takeOutput(&connection) == frame(8, closePayload(1001, "bye °"), key: 9))
    #expect(receive([frame(8, closePayload(1000))], &connection) == [.close(1000, [])])
    #expect(connection.state == .closed)
    #expect(takeOutput(&connection) == [])
  }

  @Test("The peer first: its code is answered, without its reason, masked as this end must")
  func peerFirst() {
    var client = connection(.client)
    #expect(
      receive([frame(8, closePayload(1001, "weg"))], &client, randomBits: 5) == [.close(1001, Array("weg".utf8))])
    #expect(client.state == .closed)
    #expect(client.sentCloseCode == .goingAway)
    #expect(takeOutput(&client) == frame(8, closePayload(1001), key: 5))
    var server = connection(.server)
    #expect(receive([frame(8, closePayload(4999), key: 8)], &server) == [.close(4999, [])])
    #expect(takeOutput(&server) == frame(8, closePayload(4999)))
  }

  @Test("A Close without a code is answered by one without a code")
  func noCode() {
    var connection = connection(.client)
    #expect(receive([frame(8)], &connection, randomBits: 6) == [.close(nil, [])])
    #expect(connection.sentCloseCode == nil)
    #expect(connection.state == .closed)
    #expect(takeOutput(&connection) == frame(8, key: 6))
  }

  @Test("Messages still arrive while this end is closing; pings are not answered any more")
  func receivingWhileClosing() {
    var connection = connection(.server)
    connection.close(.normal, reason: Span(), randomBits: 0)
    let stream = frame(1, Array("late".utf8), key: 1) + frame(9, [1], key: 2) + frame(8, closePayload(1000), key: 3)
    #expect(receive([stream], &connection) == [.text("late"), .ping([1]), .close(1000, [])])
    #expect(takeOutput(&connection) == frame(8, closePayload(1000)))
    #expect(connection.state == .closed)
  }

  @Test("What follows a Close is ignored, garbage too, and counts as read")
  func afterClose() {
    var connection = connection(.client)
    #expect(receive([frame(8) + frame(1, [0xFF]) + [0xFF, 0xFF]], &connection) == [.close(nil, [])])
    var garbage: [UInt8] = [0xFF, 0xFF, 0xFF]
    var input = garbage.mutableSpan
    var position = 1
    #expect(throws: Never.self) {
      while try connection.receive(&input, position: &position, randomBits: 0) != nil { Issue.record("an event") }
    }
    #expect(position == 3)
  }

  @Test("Closing twice sends one Close, and the first code stands")
  func twice() {
    var connection = connection(.client)
    connection.close(.normal, reason: Span(), randomBits: 1)
    connection.close(.goingAway, reason: Span(), randomBits: 2)
    #expect(takeOutput(&connection) == frame(8, closePayload(1000), key: 1))
    #expect(connection.sentCloseCode == .normal)
  }

  @Test("Each code from the peer is passed on or is an error, as the registry says")
  func codes() {
    for code: UInt16 in [
      0, 1, 999, 1000, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 1100, 2000, 2999, 3000, 4999, 5000, 65_535,
    ] {
      var connection = connection(.client)
      let received = receive([frame(8, closePayload(code))], &connection, randomBits: 4)
      if CloseCode(rawValue: code) != nil {
        #expect(received == [.close(code, [])])
        #expect(takeOutput(&connection) == frame(8, closePayload(code), key: 4))
      } else {
        #expect(received == [.failure(.invalidCloseCode(got: code))])
        #expect(takeOutput(&connection) == frame(8, closePayload(1002), key: 4))
        #expect(connection.state == .failed(.invalidCloseCode(got: code)))
      }
    }
  }

  @Test("Reasons: up to 123 bytes of UTF-8; anything else is an error at its first byte")
  func reasons() {
    let long = String(repeating: "é", count: 61) + "x"
    #expect(receive(frame(8, closePayload(1000, long)), as: .client) == [.close(1000, Array(long.utf8))])
    let bad: [([UInt8], UInt64)] = [
      ([0xFF], 0), ([0x61, 0xC3], 2), ([0x61, 0xC3, 0x28], 2), ([0xED, 0xA0, 0x80], 1), ([0xE2, 0x82], 2),
    ]
    for (reason, offset) in bad {
      let wire = frame(8, closePayload(1000) + reason)
      for split in everySplit(wire) + [byteByByte(wire)] {
        #expect(receive(split, as: .client) == [.failure(.invalidUTF8(offset: offset))])
      }
    }
    // The third byte shows it; the rest need not come.
    let start = frame(8, closePayload(1000) + [0xFF] + [UInt8](repeating: 0x61, count: 100)).prefix(5)
    #expect(receive(Array(start), as: .client) == [.failure(.invalidUTF8(offset: 0))])
    let badCode = frame(8, closePayload(1005, "reason")).prefix(4)
    #expect(receive(Array(badCode), as: .client) == [.failure(.invalidCloseCode(got: 1005))])
  }

  @Test("Bug: a Close of one byte was noticed with the payload, not with the header that announces it")
  func truncatedCodeFailsAtTheHeader() {
    #expect(receive(frame(8, [3]), as: .client) == [.failure(.truncatedCloseCode)])
    #expect(receive([0x88, 0x01], as: .client) == [.failure(.truncatedCloseCode)])
  }

  @Test("Bug: a long reason was cut within a character, so that the peer had to fail the connection")
  func reasonIsCutBetweenCharacters() throws {
    var connection = connection(.server)
    let reason = String(repeating: "a", count: 122) + "é" + "tail"
    connection.close(.normal, reason: Array(reason.utf8).span, randomBits: 0)
    #expect(takeOutput(&connection) == frame(8, closePayload(1000, String(repeating: "a", count: 122))))
    for length in 0...150 {
      for character in ["é", "€", "🌡"] {
        var connection = self.connection(.server)
        let text = Array((String(repeating: "x", count: length) + String(repeating: character, count: 65)).utf8)
        connection.close(.normal, reason: text.span, randomBits: 0)
        let payload = try #require(wireFrames(takeOutput(&connection))?.first?.payload)
        let sent = try #require(String(validating: payload.dropFirst(2), as: UTF8.self))
        #expect(payload.count <= 125 && payload.count > 125 - character.utf8.count)
        #expect(text.starts(with: sent.utf8))
      }
    }
  }

  @Test("Bug: a reason that is not UTF-8 was sent as it was; now what is UTF-8 of it is")
  func reasonThatIsNotUTF8() {
    for (reason, sent) in [([0xFF], ""), ([0x61, 0xE2, 0x82], "a"), ([0x61, 0x62, 0x80, 0x63], "ab")]
      as [([UInt8], String)]
    {
      var connection = connection(.server)
      connection.close(.normal, reason: reason.span, randomBits: 0)
      #expect(takeOutput(&connection) == frame(8, closePayload(1000, sent)))
    }
  }

  @Test("A reason is cut to what the output can ever hold")
  func smallBuffer() {
    var client = Connection<16, 8>(role: .client, oversize: .refuse)
    client.close(.normal, reason: Array("reason".utf8).span, randomBits: 3)
    #expect(takeOutput(&client) == frame(8, closePayload(1000), key: 3))
    var server = Connection<16, 8>(role: .server, oversize: .refuse)
    server.close(.normal, reason: Array("reason".utf8).span, randomBits: 3)
    #expect(takeOutput(&server) == frame(8, closePayload(1000, "reas")))
  }
}
