import Testing

@testable import WebSocket

@Suite struct FrameHeaderTests {
  /// The lengths at which the form changes (RFC 6455, section 5.2), with the bytes behind the 7-bit length.
  static let lengths: [(length: UInt64, second: UInt8, extended: [UInt8])] = [
    (0, 0, []), (1, 1, []), (124, 124, []), (125, 125, []),
    (126, 126, [0, 126]), (127, 126, [0, 127]), (128, 126, [0, 128]), (255, 126, [0, 255]), (256, 126, [1, 0]),
    (65_535, 126, [0xFF, 0xFF]),
    (65_536, 127, [0, 0, 0, 0, 0, 1, 0, 0]),
    (0xFFFF_FFFF, 127, [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    (0x1_0000_0000, 127, [0, 0, 0, 1, 0, 0, 0, 0]),
    (0x7FFF_FFFF_FFFF_FFFF, 127, [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
  ]

  static let opcodes: [Opcode] = [.continuation, .text, .binary, .close, .ping, .pong]

  @Test("Every length takes its shortest form, masked and not, and reads back the same")
  func lengthForms() throws {
    for (length, second, extended) in Self.lengths {
      for key: UInt32? in [nil, 0, 0x0102_0304, .max] {
        let header = FrameHeader(isFinal: true, opcode: .binary, maskingKey: key, payloadLength: length)
        let keyBytes: [UInt8] = key.map { key in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: key >> $0) } } ?? []
        let expected: [UInt8] = [0x82, second | (key == nil ? 0 : 0x80)] + extended + keyBytes
        #expect(encode(header) == expected)
        #expect(header.encodedSize == expected.count)
        #expect(try decode(expected, key == nil ? .client : .server) == header)
      }
    }
  }

  @Test("Property: what is encoded decodes to the same header, with anything behind it")
  func roundTrip() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<5_000 {
      let opcode = Self.opcodes[Int.random(in: 0..<6, using: &random)]
      let length =
        opcode.isControl
        ? UInt64.random(in: 0...125, using: &random)
        : UInt64.random(in: 0...UInt64(Int64.max), using: &random) >> UInt64.random(in: 0...62, using: &random)
      let key: UInt32? = Bool.random(using: &random) ? UInt32.random(in: 0...UInt32.max, using: &random) : nil
      let header = FrameHeader(
        isFinal: opcode.isControl || Bool.random(using: &random), opcode: opcode, maskingKey: key,
        payloadLength: length)
      let bytes = try #require(encode(header))
      #expect(try decode(bytes + random.bytes(3), key == nil ? .client : .server) == header)
    }
  }

  @Test("A header that is not complete is nil, whatever is missing")
  func incomplete() throws {
    for (length, _, _) in Self.lengths {
      for key: UInt32? in [nil, 0xA1B2_C3D4] {
        let bytes = frame(2, fin: false, key: key, length: length)
        for count in 0..<bytes.count {
          #expect(try decode(Array(bytes[..<count]), key == nil ? .client : .server) == nil)
        }
      }
    }
  }

  @Test("Every first byte is either one of the six opcodes or an error that names what is wrong")
  func firstByte() throws {
    for byte in UInt8.min...UInt8.max {
      let reserved = byte >> 4 & 7
      let number = byte & 0xF
      let expected: ProtocolError? =
        if reserved != 0 { .reservedBits(bits: reserved) } else if !([0, 1, 2, 8, 9, 10] as [UInt8]).contains(number) {
          .reservedOpcode(got: number)
        } else if byte < 0x80, number >= 8 { .fragmentedControlFrame(try #require(Opcode(rawValue: number))) } else {
          nil
        }
      for role in [Role.client, .server] {
        if let expected {
          #expect(throws: expected) { try decode([byte], role) }
          #expect(throws: expected) { try decode([byte, 0xFF, 0xFF, 0xFF], role) }
        } else {
          #expect(try decode([byte], role) == nil)
        }
      }
    }
  }

  @Test("A client refuses every masked frame, a server every other one, at the second byte")
  func maskBit() throws {
    for length: UInt8 in 0...127 {
      #expect(throws: ProtocolError.maskedFrameFromServer) { try decode([0x82, 0x80 | length], .client) }
      #expect(throws: ProtocolError.unmaskedFrameFromClient) { try decode([0x82, length], .server) }
      #expect(try decode([0x82, length], .client)?.payloadLength == (length < 126 ? UInt64(length) : nil))
      #expect(try decode([0x82, 0x80 | length], .server) == nil)
    }
  }

  @Test("A control frame above 125 bytes is refused at the second byte")
  func longControlFrames() throws {
    for opcode in [Opcode.close, .ping, .pong] {
      for length: UInt8 in [126, 127] {
        #expect(throws: ProtocolError.controlFrameTooLong(opcode)) {
          try decode([0x80 | opcode.rawValue, length], .client)
        }
        #expect(throws: ProtocolError.controlFrameTooLong(opcode)) {
          try decode([0x80 | opcode.rawValue, 0x80 | length], .server)
        }
      }
      #expect(try decode([0x80 | opcode.rawValue, 125], .client)?.payloadLength == 125)
    }
  }

  @Test("A length in more bytes than it needs is refused", arguments: [0, 1, 125] as [UInt64])
  func nonMinimalTwoBytes(length: UInt64) {
    let bytes = frame(2, length: length, form: .bytes(2))
    #expect(throws: ProtocolError.nonMinimalLength(length: length, lengthBytes: 2)) { try decode(bytes, .client) }
  }

  @Test("A length in more bytes than it needs is refused", arguments: [0, 125, 126, 65_535] as [UInt64])
  func nonMinimalEightBytes(length: UInt64) {
    let bytes = frame(2, length: length, form: .bytes(8))
    #expect(throws: ProtocolError.nonMinimalLength(length: length, lengthBytes: 8)) { try decode(bytes, .client) }
    #expect(throws: ProtocolError.nonMinimalLength(length: length, lengthBytes: 8)) {
      try decode(frame(2, key: 1, length: length, form: .bytes(8)), .server)
    }
  }

  @Test("A length with bit 63 set is refused at the byte that has it", arguments: [UInt64(1) << 63, .max])
  func above63Bits(length: UInt64) {
    let bytes = frame(2, length: length, form: .bytes(8))
    for count in 3...bytes.count {
      #expect(throws: ProtocolError.lengthAbove63Bits) { try decode(Array(bytes[..<count]), .client) }
    }
  }

  @Test("A header is not written where it does not fit, and the memory stays as it was")
  func noRoom() {
    for (length, _, _) in Self.lengths {
      for key: UInt32? in [nil, 7] {
        let header = FrameHeader(isFinal: false, opcode: .text, maskingKey: key, payloadLength: length)
        for size in 0..<header.encodedSize {
          var memory = [UInt8](repeating: 0xEE, count: size)
          var output = memory.mutableSpan
          let isWritten = header.encode(into: &output)
          #expect(!isWritten)
          #expect(memory.allSatisfy { $0 == 0xEE })
        }
      }
    }
  }

  @Test("Bug: a length above 63 bits was written, which every peer refuses")
  func doesNotEncodeAbove63Bits() {
    #expect(encode(FrameHeader(isFinal: true, opcode: .text, maskingKey: nil, payloadLength: 1 << 63)) == nil)
  }

  private func encode(_ header: FrameHeader) -> [UInt8]? {
    var memory = [UInt8](repeating: 0, count: header.encodedSize)
    var output = memory.mutableSpan
    return header.encode(into: &output) ? memory : nil
  }

  private func decode(_ bytes: [UInt8], _ role: Role) throws(ProtocolError) -> FrameHeader? {
    try FrameHeader.decode(bytes.span, receiver: role)
  }
}
