import Testing

@testable import WebSocket

/// The syntax of an HTTP head (RFC 9112, sections 2.2 and 5), the same for both ends.
@Suite struct HeadSyntaxTests {
  static let response = "HTTP/1.1 101 S\r\n"
  static let request = "GET / HTTP/1.1\r\n"

  private func check(_ rest: [UInt8], _ expected: (Int) -> HandshakeError) throws {
    for (line, isClient) in [(Self.response, true), (Self.request, false)] {
      let bytes = Array(line.utf8) + rest
      for pieces in [[bytes], byteByByte(bytes)] {
        let result = isClient ? try clientResult(pieces) : serverResult(pieces)
        #expect(result == .failure(expected(line.utf8.count)), "\(rest)")
      }
    }
  }

  @Test("Line folding is refused, with a space or a tab")
  func folding() throws {
    try check(Array("A: b\r\n c\r\n\r\n".utf8)) { .lineFolding(offset: $0 + 6) }
    try check(Array("A: b\r\n\tc\r\n\r\n".utf8)) { .lineFolding(offset: $0 + 6) }
    try check(Array(" A: b\r\n\r\n".utf8)) { .lineFolding(offset: $0) }
  }

  @Test("Bare LF and bare CR are refused, in names, values and between lines")
  func bareLineEnds() throws {
    try check(Array("A: b\n".utf8)) { .strayByte(got: 0x0A, offset: $0 + 4) }
    try check(Array("A: b\rc".utf8)) { .strayByte(got: 0x63, offset: $0 + 5) }
    try check(Array("A: b\r\r\n".utf8)) { .strayByte(got: 0x0D, offset: $0 + 5) }
    try check(Array("\n".utf8)) { .strayByte(got: 0x0A, offset: $0) }
    try check(Array("\rA".utf8)) { .strayByte(got: 0x41, offset: $0 + 1) }
    try check(Array("A\r\n: b".utf8)) { .strayByte(got: 0x0D, offset: $0 + 1) }
    try check(Array("A\n: b".utf8)) { .strayByte(got: 0x0A, offset: $0 + 1) }
  }

  @Test("Names are tokens: no space before the colon, no empty name, no bytes above ASCII")
  func names() throws {
    try check(Array("A : b\r\n".utf8)) { .strayByte(got: 0x20, offset: $0 + 1) }
    try check(Array(": b\r\n".utf8)) { .strayByte(got: 0x3A, offset: $0) }
    try check(Array("A(b): c\r\n".utf8)) { .strayByte(got: 0x28, offset: $0 + 1) }
    try check([0x41, 0xC3, 0xA9]) { .strayByte(got: 0xC3, offset: $0 + 1) }
    try check([0x00]) { .strayByte(got: 0, offset: $0) }
  }

  @Test("Control characters are refused in values; tab and bytes above ASCII are not")
  func values() throws {
    for byte in Array(UInt8(0)...0x1F) + [0x7F] where byte != 0x09 && byte != 0x0D {
      try check([0x41, 0x3A, byte]) { .strayByte(got: byte, offset: $0 + 2) }
    }
    let odd = head(ResponseTests.good).dropLast(2) + [0x41, 0x3A, 0x09, 0x80, 0xFF, 0x0D, 0x0A, 0x0D, 0x0A]
    #expect(try clientResult([Array(odd)]) == .complete(rest: []))
  }

  @Test("Stray bytes in the first line are refused where they stand")
  func firstLine() throws {
    for (bytes, offset) in [("\0", 0), ("HTTP/1.1 101 S\n", 14), ("HTTP/1.1 101\rS", 13), ("\u{16}\u{3}", 0)]
      as [(String, Int)]
    {
      let wire = Array(bytes.utf8)
      let got = wire[offset]
      #expect(try clientResult([wire]) == .failure(.strayByte(got: got, offset: offset)))
      #expect(serverResult(byteByByte(wire)) == .failure(.strayByte(got: got, offset: offset)))
    }
  }

  @Test("A head of 8192 bytes is accepted, of 8193 refused, at the byte that is too many")
  func size() throws {
    for (total, expected) in [
      (8192, HandshakeResult.complete(rest: [0xFF])), (8193, .failure(.headTooLarge(limitBytes: 8192))),
    ] {
      var bytes = head(ResponseTests.good).dropLast(2)
      while bytes.count + 1100 < total { bytes += Array("X: \(String(repeating: "y", count: 995))\r\n".utf8) }
      bytes += Array("Z: \(String(repeating: "z", count: total - bytes.count - 7))\r\n\r\n".utf8)
      #expect(bytes.count == total)
      let wire = Array(bytes) + [0xFF]
      #expect(try clientResult([wire]) == expected)
      #expect(try clientResult(byteByByte(wire)) == expected)
    }
    // It never ends: refused after 8192 bytes, in a name, a value or between many lines.
    let start = Array("HTTP/1.1 101 S\r\n".utf8)
    for endless in [[0x61], [0x61, 0x3A, 0x62], Array("a: b\r\n".utf8)] as [[UInt8]] {
      var wire = start + endless
      while wire.count < 9000 { wire += endless.count == 6 ? endless : [0x62] }
      #expect(try clientResult([wire]) == .failure(.headTooLarge(limitBytes: 8192)))
    }
  }

  @Test("Every prefix of a good head is incomplete, not an error")
  func prefixes() throws {
    let bytes = head(ResponseTests.good)
    for count in 0..<bytes.count { #expect(try clientResult([Array(bytes[..<count])]) == .incomplete) }
  }

  @Test("Random bytes, and good heads with bytes changed, never trap")
  func robustness() throws {
    var random = SeededRandom(seed: 16)
    let response = head(ResponseTests.good)
    let request = head(ServerHandshakeTests.good)
    for round in 0..<10_000 {
      var bytes = round % 2 == 0 ? response : request
      if round % 5 == 0 { bytes = random.bytes(Int.random(in: 0...60, using: &random)) }
      for _ in 0..<Int.random(in: 1...2, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if round % 2 == 0 { _ = try clientResult([bytes]) } else { _ = serverResult([bytes]) }
    }
  }
}
