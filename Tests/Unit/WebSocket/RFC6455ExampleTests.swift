import Bytes
import Testing

@testable import WebSocket

/// The examples that RFC 6455 itself gives.
@Suite struct RFC6455Examples {
  @Test("Section 1.3: the accept value of the sample key")
  func acceptValue() {
    let accept = AcceptValue.of(key: Array("dGhlIHNhbXBsZSBub25jZQ==".utf8).span)
    #expect(text(accept.span) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("Section 5.7: a masked text message Hello, in any split")
  func maskedHello() throws {
    let wire: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    for split in 0...wire.count {
      var connection = Connection<64, 64>(role: .server, oversize: .refuse)
      var messages: [String] = []
      for piece in [Array(wire[..<split]), Array(wire[split...])] {
        var bytes = piece
        var input = bytes.mutableSpan
        var position = 0
        while let event = try connection.receive(&input, position: &position, randomBits: 0) {
          #expect(event == .message(.text))
          messages.append(text(connection.message))
        }
      }
      #expect(messages == ["Hello"])
    }
  }

  @Test("Section 5.7: a client sends Hello masked with the key of the example")
  func sendsMaskedHello() throws {
    var connection = Connection<64, 64>(role: .client, oversize: .refuse)
    try connection.send(Array("Hello".utf8).span, kind: .text, randomBits: 0x37fa_213d)
    #expect(array(connection.output) == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
  }
}
