import Testing

@testable import Simulator

@Suite("An echoing probe")
struct ProbeEchoTests {
  /// Bytes that differ everywhere a mistake could hide: no power of two is a period.
  private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) } }

  /// The messages of the client, fragments put together.
  private static func messages(_ frames: [ScriptedServer.Frame]) throws -> [(opcode: UInt8, payload: [UInt8])] {
    var result: [(opcode: UInt8, payload: [UInt8])] = []
    var isOpen = false
    for frame in frames where frame.opcode < 8 {
      try #require(isOpen == (frame.opcode == 0), "a continuation exactly where one is due")
      if !isOpen { result.append((frame.opcode, [])) }
      result[result.count - 1].payload += frame.payload
      isOpen = !frame.isFinal
    }
    try #require(!isOpen)
    return result
  }

  @Test("sends back every message with its kind, whatever its size and fragments")
  func sizes() throws {
    var script: [UInt8] = []
    var expected: [(opcode: UInt8, payload: [UInt8])] = []
    for count in [0, 1, 125, 126, 65_535, 65_536, 65_537, 200_000, 1_000_003] {
      let payload = Self.bytes(count)
      script += ScriptedServer.frame(2, payload)
      expected.append((2, payload))
    }
    // Three bytes for each character, so that pieces end within one.
    let text = Array(String(repeating: "€", count: 50_000).utf8)
    for (index, start) in stride(from: 0, to: text.count, by: 1000).enumerated() {
      let isFinal = start + 1000 >= text.count
      script += ScriptedServer.frame(index == 0 ? 1 : 0, Array(text[start..<(start + 1000)]), isFinal: isFinal)
      script += ScriptedServer.frame(9, [UInt8(truncatingIfNeeded: index)])
    }
    expected.append((1, text))
    let server = try ScriptedServer(script: script + ScriptedServer.close(1000))
    let report = try ProbeRun.against(server) { $0.isEchoing = true }.report
    #expect(report.isSuccess)
    #expect(report.closeSent == 1000)
    let messages = try Self.messages(try #require(server.frames))
    #expect(messages.count == expected.count)
    for (got, expected) in zip(messages, expected) {
      let isSame = got.opcode == expected.opcode && got.payload == expected.payload
      #expect(isSame, "\(expected.payload.count) bytes")
    }
    #expect(report.messageCount == expected.count)
    let keptByteCount = report.messages.reduce(0) { $0 + $1.count }
    #expect(keptByteCount <= ProbeReport.keptByteCountMaxWhenEchoing)
    #expect(report.leftOutCount > 0, "the last large one does not fit any more")
  }

  @Test("gives up on a server that takes nothing back")
  func deaf() throws {
    let script = ScriptedServer.frame(2, [UInt8](repeating: 1, count: 16 << 20))
    let report = try ProbeRun.against(try ScriptedServer(script: script, ending: .stayDeaf)) {
      $0.isEchoing = true
      $0.timeoutMilliseconds = 200
    }.report
    #expect(report.isOpened)
    #expect(report.error == "the server has taken no bytes for 200ms")
  }

  @Test("ends when nothing comes any more")
  func idle() throws {
    let server = try ScriptedServer(script: ScriptedServer.frame(1, [0x61]))
    let report = try ProbeRun.against(server) {
      $0.isEchoing = true
      $0.timeoutMilliseconds = 50
    }.report
    #expect(report.isSuccess)
    #expect(report.closeSent == 1000)
    #expect(server.frames?.map(\.opcode) == [1, 8])
  }
}
