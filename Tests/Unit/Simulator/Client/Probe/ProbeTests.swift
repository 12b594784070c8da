import Testing

@testable import Simulator

@Suite("A probe")
struct ProbeTests {
  private static let hello = ScriptedServer.frame(1, Array("hello".utf8))

  @Test("reports messages, pings and the server's Close, and answers them")
  func everything() throws {
    let fragments =
      ScriptedServer.frame(2, [1, 2], isFinal: false) + ScriptedServer.frame(9, [7]) + ScriptedServer.frame(0, [3])
    let server = try ScriptedServer(script: Self.hello + fragments + ScriptedServer.close(3001, "bye"))
    let (report, text) = try ProbeRun.against(server)
    #expect(report.isSuccess)
    #expect(report.isOpened)
    #expect(report.messages == [Array("hello".utf8), [1, 2, 3]])
    #expect(report.closeReceived == 3001)
    #expect(report.closeSent == 3001)
    #expect(report.subprotocol == "mles-websocket")
    #expect(report.tls == nil)
    let pong = ScriptedServer.Frame(opcode: 10, payload: [7])
    #expect(server.frames == [pong, ScriptedServer.Frame(opcode: 8, payload: [0x0B, 0xB9])])
    for part in [
      "connected, from 127.0.0.1:", "GET /a?b, subprotocol mles-websocket", "HTTP/1.1 101 Switching Protocols",
      "text, 5 bytes: hello", "binary, 3 bytes: 010203", "ping     1 bytes, answered", "received 3001: bye",
    ] {
      #expect(text.contains(part))
    }
  }

  @Test("offers no subprotocol when told so, and sends nothing of its own")
  func noSubprotocol() throws {
    let server = try ScriptedServer(script: ScriptedServer.close(1000))
    let report = try ProbeRun.against(server) { $0.subprotocol = "" }.report
    #expect(report.isSuccess)
    #expect(report.subprotocol == nil)
    #expect(server.frames == [ScriptedServer.Frame(opcode: 8, payload: [0x03, 0xE8])])
  }

  @Test("reports a Close without a code as 1005 and answers with one")
  func closeWithoutCode() throws {
    let server = try ScriptedServer(script: ScriptedServer.frame(8, []))
    let report = try ProbeRun.against(server).report
    #expect(report.isSuccess)
    #expect(report.closeReceived == 1005)
    #expect(report.closeSent == 1005)
    #expect(server.frames == [ScriptedServer.Frame(opcode: 8, payload: [])])
  }

  @Test("takes the end of its time as the normal end, with Close 1000")
  func timeout() throws {
    let server = try ScriptedServer(script: Self.hello)
    let report = try ProbeRun.against(server) { $0.timeoutMilliseconds = 50 }.report
    #expect(report.isSuccess)
    #expect(report.messages == [Array("hello".utf8)])
    #expect(report.closeReceived == nil)
    #expect(report.closeSent == 1000)
    #expect(report.elapsedMilliseconds >= 50)
  }

  @Test("does not wait without end for a server that answers no Close")
  func unansweredClose() throws {
    let server = try ScriptedServer(ending: .stay)
    let (report, text) = try ProbeRun.against(server) { $0.timeoutMilliseconds = 20 }
    #expect(report.isSuccess)
    #expect(report.closeSent == 1000)
    #expect(text.contains("the server has not closed within 100ms; closed here"))
  }

  @Test("takes a FIN between messages as an end, and one within a message as an error")
  func endWithoutClose() throws {
    let orderly = try ProbeRun.against(try ScriptedServer(script: Self.hello, ending: .finish)).report
    #expect(orderly.isSuccess)
    #expect(orderly.closeReceived == nil)
    #expect(orderly.closeSent == nil)
    let fragment = ScriptedServer.frame(1, [0x61], isFinal: false)
    for script in [Array(Self.hello.dropLast()), [0x81], fragment] {
      let cut = try ProbeRun.against(try ScriptedServer(script: script, ending: .finish)).report
      #expect(cut.isOpened)
      #expect(cut.error == "the server ended the connection in the middle of a message")
    }
  }

  struct Violation: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var code: UInt16
    var words: String
  }

  @Test(
    "closes with the code that fits what the server did wrong, and says what that was",
    arguments: [
      Violation(testDescription: "masked", bytes: [0x81, 0x80, 0, 0, 0, 0], code: 1002, words: "masked frame"),
      Violation(testDescription: "reserved bit", bytes: [0xC1, 0], code: 1002, words: "reserved bits"),
      Violation(testDescription: "not UTF-8", bytes: [0x81, 2, 0x61, 0xFF], code: 1007, words: "not UTF-8 at byte 1"),
      Violation(testDescription: "too large", bytes: [0x82, 126, 0x04, 0x00], code: 1009, words: "at most 1000"),
    ])
  func violation(violation: Violation) throws {
    let server = try ScriptedServer(script: Self.hello + violation.bytes)
    let report = try ProbeRun.against(server) { $0.messageByteCountMax = 1000 }.report
    #expect(report.isOpened)
    #expect(!report.isSuccess)
    #expect(report.error?.hasPrefix("WebSocket: ") == true)
    #expect(report.error?.contains(violation.words) == true)
    #expect(report.closeSent == violation.code)
    #expect(report.messages == [Array("hello".utf8)], "what came before counts")
    let close = try #require(server.frames?.last)
    #expect(close.opcode == 8)
    #expect(close.payload.prefix(2) == [UInt8(violation.code >> 8), UInt8(violation.code & 0xFF)])
  }

  @Test(
    "is not opened by a response that is not the right one",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP: HTTP status 400, expected 101"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP: HTTP status 200, expected 101"),
      ("SSH-2.0-OpenSSH_9.2\r\n", "HTTP: not an HTTP status line"),
      ("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "HTTP: no Sec-WebSocket-Accept header"),
    ])
  func refused(response: String, words: String) throws {
    let (report, text) = try ProbeRun.against(try ScriptedServer(response: response, ending: .stay))
    #expect(!report.isOpened)
    #expect(report.error == words)
    #expect(text.contains(response.prefix { $0 != "\r\n" }), "the first line is shown")
  }

  @Test("says which step a silent server did not finish")
  func silence() throws {
    let http = try ProbeRun.against(try ScriptedServer(response: "", ending: .stay)) { $0.timeoutMilliseconds = 30 }
    #expect(http.report.error == "HTTP: no complete answer within 30ms")
    #expect(!http.report.isOpened)
    let cut = try ProbeRun.against(try ScriptedServer(response: "HTTP/1.1", ending: .finish))
    #expect(cut.report.error == "HTTP: connection ended at byte 8 of the HTTP head")
  }

  @Test("refuses ws:// to any other computer before it connects")
  func insecure() throws {
    let settings = Probe.Settings(url: try ServerURL("ws://192.0.2.1/", allowsInsecure: true))
    let (report, text) = try ProbeRun.run(settings, in: EventLoop())
    #expect(
      report.error == "ws:// is taken for this computer's own addresses only, and 192.0.2.1 is 192.0.2.1; use wss://")
    #expect(!text.contains("connecting"))
  }

  @Test("connects where it is told to, and says when nobody listens there")
  func target() throws {
    let server = try ScriptedServer(script: ScriptedServer.close(1000))
    let report = try ProbeRun.against(server) {
      $0.target = ("127.0.0.1", server.port)
      $0.url = (try? ServerURL("ws://192.0.2.1/", allowsInsecure: true)) ?? $0.url
    }.report
    #expect(report.isSuccess)
    let port = try TestListener.freePort()
    let settings = Probe.Settings(url: try ServerURL("ws://127.0.0.1:\(port)", allowsInsecure: true))
    #expect(
      try ProbeRun.run(settings, in: EventLoop()).report.error == "TCP: connection refused: nothing listens there")
  }
}
