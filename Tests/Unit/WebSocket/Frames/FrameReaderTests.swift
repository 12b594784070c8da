import Testing

@testable import WebSocket

@Suite struct FrameReaderTests {
  enum Seen: Equatable {
    case header(FrameHeader, MessageKind?)
    case payload([UInt8], offset: UInt64, isLast: Bool)
    case failure(ProtocolError)
  }

  private func read(_ pieces: [[UInt8]], as role: Role) -> [Seen] {
    var reader = FrameReader(role: role)
    return read(pieces, with: &reader)
  }

  private func read(_ pieces: [[UInt8]], with reader: inout FrameReader) -> [Seen] {
    var seen: [Seen] = []
    for var piece in pieces {
      var input = piece.mutableSpan
      var position = 0
      do throws(ProtocolError) {
        while let event = try reader.next(&input, position: &position) {
          switch event {
          case .header(let header, let kind): seen.append(.header(header, kind))
          case .payload(let range, let offset, let isLast):
            seen.append(.payload(array(input.span.extracting(range)), offset: offset, isLast: isLast))
          }
        }
      } catch {
        return seen + [.failure(error)]
      }
      #expect(position == piece.count)
    }
    return seen
  }

  /// Joins the pieces of one payload, so that different splits can be compared.
  private func joined(_ seen: [Seen]) -> [Seen] {
    var result: [Seen] = []
    for event in seen {
      if case .payload(let more, let offset, let isLast) = event,
        case .payload(let bytes, let start, false)? = result.last, offset == start + UInt64(bytes.count)
      {
        result[result.count - 1] = .payload(bytes + more, offset: start, isLast: isLast)
      } else {
        result.append(event)
      }
    }
    return result
  }

  @Test("Header, payload, and nothing left: a frame of every kind, from a server and from a client")
  func singleFrames() {
    for (opcode, kind) in [(1, .text), (2, .binary), (8, nil), (9, nil), (10, nil)] as [(UInt8, MessageKind?)] {
      for key: UInt32? in [nil, 0xDEAD_BEEF] {
        for payload in [[], Array("payload".utf8)] as [[UInt8]] {
          let header = FrameHeader(
            isFinal: true, opcode: Opcode(rawValue: opcode) ?? .text, maskingKey: key,
            payloadLength: UInt64(payload.count))
          #expect(
            read([frame(opcode, payload, key: key)], as: key == nil ? .client : .server)
              == [.header(header, kind), .payload(payload, offset: 0, isLast: true)])
        }
      }
    }
  }

  @Test("Every empty frame gives one header and one empty last payload, at the end of the input too")
  func emptyFrames() {
    let pieces = [frame(2, fin: false), frame(9), frame(0, fin: false), frame(10), frame(0)]
    for input in [pieces, [pieces.flatMap { $0 }], byteByByte(pieces.flatMap { $0 })] {
      let seen = read(input, as: .client)
      #expect(seen.filter { $0 == .payload([], offset: 0, isLast: true) }.count == 5)
      #expect(seen.count == 10)
    }
  }

  @Test("Property: random streams give the same events however they are split")
  func anySplit() {
    var random = SeededRandom(seed: 8)
    for round in 0..<300 {
      let isMasked = round % 2 == 0
      var stream: [UInt8] = []
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        stream += randomMessage(&random, isMasked: isMasked)
      }
      let role = isMasked ? Role.server : .client
      let whole = joined(read([stream], as: role))
      #expect(whole == joined(read(byteByByte(stream), as: role)))
      #expect(whole == joined(read(randomSplit(stream, &random), as: role)))
      #expect(
        !whole.contains {
          if case .failure = $0 { true } else { false }
        })
    }
  }

  @Test("Property: every split of an erroneous stream fails with the same error")
  func anySplitOfErrors() {
    let good = frame(1, Array("ok é".utf8), key: 5)
    let bad: [[UInt8]] = [
      frame(3, key: 1), frame(2, key: 1, reserved: 4), frame(9, fin: false, key: 1), frame(0, key: 1), frame(2),
      frame(2, key: 1, length: 3, form: .bytes(2)), frame(2, key: 1, length: 300, form: .bytes(8)),
      frame(2, key: 1, length: 1 << 63, form: .bytes(8)), frame(8, [UInt8](repeating: 0, count: 126), key: 1),
      frame(1, [0x61, 0xC3, 0x28], key: 9), frame(1, [0x61, 0xE2, 0x82], key: 9),
      frame(1, [0x61], fin: false, key: 9) + frame(1, [0x61], key: 9),
      frame(1, [0xE2], fin: false, key: 9) + frame(9, key: 3) + frame(0, [0x82], key: 8),
      frame(1, [0xE2], fin: false, key: 9) + frame(0, [0x82], fin: false, key: 8) + frame(0, [0x41], key: 8),
    ]
    for stream in bad.map({ good + $0 }) {
      let whole = read([stream], as: .server).last
      guard case .failure? = whole else {
        Issue.record("no error for \(stream)")
        continue
      }
      for split in everySplit(stream) + [byteByByte(stream)] { #expect(read(split, as: .server).last == whole) }
    }
  }

  @Test("The error comes with the first byte that shows it, not later")
  func earlyErrors() {
    let cases: [([UInt8], ProtocolError)] = [
      ([0x80], .unexpectedContinuation), ([0x00], .unexpectedContinuation),
      ([0x83], .reservedOpcode(got: 3)), ([0xC1], .reservedBits(bits: 4)), ([0x09], .fragmentedControlFrame(.ping)),
      ([0x01, 0x80], .maskedFrameFromServer), ([0x88, 126], .controlFrameTooLong(.close)),
      ([0x01, 0x00, 0x01], .expectedContinuation(got: .text)),
      ([0x01, 0x00, 0x82], .expectedContinuation(got: .binary)),
      ([0x82, 127, 0x80], .lengthAbove63Bits), ([0x82, 126, 0, 125], .nonMinimalLength(length: 125, lengthBytes: 2)),
      ([0x81, 100, 0xFF], .invalidUTF8(offset: 0)), ([0x81, 100, 0x41, 0xC3, 0x41], .invalidUTF8(offset: 2)),
    ]
    for (bytes, error) in cases {
      #expect(read([bytes], as: .client).last == .failure(error))
      #expect(read(byteByByte(bytes), as: .client).last == .failure(error))
      #expect(
        !read([bytes.dropLast()], as: .client).contains {
          if case .failure = $0 { true } else { false }
        })
    }
  }

  @Test("The offset of bad text counts from the start of the message, fragments and pings in between or not")
  func textOffsets() {
    let start = frame(1, Array("abc€".utf8), fin: false) + frame(9, [0xFF, 0xFF])
    #expect(read([start + frame(0, [0x41, 0xFF])], as: .client).last == .failure(.invalidUTF8(offset: 7)))
    let open = frame(1, [0x61, 0xF0, 0x9F], fin: false) + frame(10, [0xFF]) + frame(0, fin: false)
    #expect(read([open + frame(0, [0x8C, 0x20])], as: .client).last == .failure(.invalidUTF8(offset: 4)))
    #expect(read([open + frame(0, [0x8C])], as: .client).last == .failure(.invalidUTF8(offset: 4)))
    // A message does not inherit the state of the one before.
    let next = frame(1, Array("é".utf8)) + frame(2, [0xC3]) + frame(1, [0x41, 0x80])
    #expect(read([next], as: .client).last == .failure(.invalidUTF8(offset: 1)))
  }

  @Test("Binary payload is never looked at")
  func binary() {
    let bytes = [UInt8](0...255)
    #expect(read([frame(2, bytes)], as: .client).last == .payload(bytes, offset: 0, isLast: true))
  }

  @Test("A payload of 2^63 - 1 bytes is announced and begun without a trap")
  func largestPayload() {
    let header = FrameHeader(isFinal: true, opcode: .binary, maskingKey: 7, payloadLength: UInt64(Int64.max))
    let bytes = frame(2, [1, 2, 3, 4, 5], key: 7, length: UInt64(Int64.max))
    #expect(
      read([bytes], as: .server) == [.header(header, .binary), .payload([1, 2, 3, 4, 5], offset: 0, isLast: false)])
  }

  @Test("It knows when it stands between frames")
  func betweenFrames() {
    let bytes = frame(1, [0x41], fin: false, key: 3) + frame(0, key: 3)
    for count in 0...bytes.count {
      var reader = FrameReader(role: .server)
      _ = read([Array(bytes[..<count])], with: &reader)
      #expect(reader.isBetweenFrames == [0, 7, 13].contains(count))
    }
  }

  private func randomMessage(_ random: inout SeededRandom, isMasked: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    let isText = Bool.random(using: &random)
    let fragments = Int.random(in: 1...3, using: &random)
    for index in 0..<fragments {
      if Int.random(in: 0..<3, using: &random) == 0 {
        let payload = random.bytes(Int.random(in: 0...20, using: &random))
        bytes += frame(UInt8.random(in: 9...10, using: &random), payload, key: isMasked ? 0x1122_3344 : nil)
      }
      let size = [0, 1, 7, 125, 126, 300][Int.random(in: 0..<6, using: &random)]
      let payload = isText ? Array(String(repeating: "é", count: size / 2).utf8) : random.bytes(size)
      let key = isMasked ? UInt32.random(in: 0...UInt32.max, using: &random) : nil
      let opcode: UInt8 = index > 0 ? 0 : isText ? 1 : 2
      bytes += frame(opcode, payload, fin: index == fragments - 1, key: key)
    }
    return bytes
  }
}
