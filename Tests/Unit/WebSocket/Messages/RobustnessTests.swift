import Testing

@testable import WebSocket

/// Bytes from nowhere: whatever comes, there is an event, an error or nothing, and never a trap.
@Suite struct RobustnessTests {
  private func feed<let r: Int>(_ bytes: inout [UInt8], _ connection: inout Connection<r, 140>) {
    var input = bytes.mutableSpan
    var position = 0
    var events = 0
    do throws(ProtocolError) {
      while try connection.receive(&input, position: &position, randomBits: 1) != nil {
        events += 1
        _ = connection.message.count + connection.control.count + connection.closeReason.count
      }
      if position != input.count { Issue.record("\(input.count - position) bytes unread") }
    } catch {
      if connection.state != .failed(error) { Issue.record("\(error) without a failed state") }
    }
    // Each frame takes 2 bytes at least, each chunk 1.
    if events > bytes.count { Issue.record("\(events) events from \(bytes.count) bytes") }
    let count = connection.output.count
    connection.consumeOutput(count, randomBits: 2)
  }

  @Test("100,000 random inputs", arguments: [Role.client, .server])
  func randomBytes(role: Role) {
    var random = SeededRandom(seed: role == .client ? 12 : 13)
    for round in 0..<50_000 {
      var bytes = random.bytes(Int.random(in: 0...24, using: &random))
      // Half of them start like a frame that this end may get, or nearly all would end at the first byte.
      if round % 2 == 0, bytes.count >= 2 {
        bytes[0] = [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A][round / 2 % 9]
        bytes[1] = bytes[1] & 0x7F | (role == .server ? 0x80 : 0)
        if round % 4 == 0 { bytes[1] = bytes[1] & 0x80 | bytes[1] % 16 }
      }
      if round % 3 == 0 {
        var connection = Connection<8, 140>(role: role, oversize: .stream(maximumBytes: .max))
        feed(&bytes, &connection)
        feed(&bytes, &connection)
      } else {
        var connection = Connection<8, 140>(role: role, oversize: .refuse)
        feed(&bytes, &connection)
        feed(&bytes, &connection)
      }
    }
  }

  @Test("Good conversations with a few bits turned", arguments: [Role.client, .server])
  func turnedBits(role: Role) {
    var random = SeededRandom(seed: 14)
    let key: UInt32? = role == .server ? 0x0BAD_F00D : nil
    let good =
      frame(1, Array("23.4 °C".utf8), key: key) + frame(9, [1, 2, 3], key: key)
      + frame(2, [1, 2], fin: false, key: key)
      + frame(10, key: key) + frame(0, [UInt8](repeating: 9, count: 130), key: key)
      + frame(8, closePayload(1000, "é"), key: key)
    for _ in 0..<5_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      var connection = Connection<32, 140>(role: role, oversize: .stream(maximumBytes: 1 << 40))
      for var piece in randomSplit(bytes, &random) { feed(&piece, &connection) }
    }
  }

  @Test("Random headers never trap the decoder, and what decodes encodes to the same bytes")
  func headers() throws {
    var random = SeededRandom(seed: 15)
    var decoded = 0
    for _ in 0..<50_000 {
      let bytes = random.bytes(Int.random(in: 0...14, using: &random))
      for role in [Role.client, .server] {
        guard let header = try? FrameHeader.decode(bytes.span, receiver: role) else { continue }
        decoded += 1
        var memory = [UInt8](repeating: 0, count: header.encodedSize)
        var output = memory.mutableSpan
        let isEncoded = header.encode(into: &output)
        if !isEncoded || memory[...] != bytes.prefix(memory.count) { Issue.record("\(bytes)") }
      }
    }
    #expect(decoded > 1000)
  }
}
