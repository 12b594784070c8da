import Testing

@testable import Simulator

@Suite("The object of probe --json")
struct ProbeReportTests {
  @Test("has the same keys, in the same order, when nothing happened")
  func empty() {
    var report = ProbeReport(keptByteCountMax: 0)
    report.error = "a \"quoted\"\nline"
    #expect(
      String(decoding: report.json, as: UTF8.self)
        == #"{"opened":false,"messages":[],"close_rcvd":null,"close_sent":null,"subprotocol":null,"tls":null,"#
        + #""error":"a \"quoted\"\nline","seconds":0.000}"# + "\n")
    #expect(!report.isSuccess)
  }

  @Test("has messages in hexadecimal, codes, and seconds with three decimals")
  func full() {
    var report = ProbeReport(keptByteCountMax: 1000)
    report.isOpened = true
    report.add([0x00, 0x7F, 0xFF])
    report.add([])
    report.closeReceived = 1005
    report.closeSent = 1000
    report.subprotocol = "x"
    report.tls = "TLSv1.3"
    report.elapsedMilliseconds = 12_034
    #expect(
      String(decoding: report.json, as: UTF8.self)
        == #"{"opened":true,"messages":["007fff",""],"close_rcvd":1005,"close_sent":1000,"subprotocol":"x","#
        + #""tls":"TLSv1.3","error":null,"seconds":12.034}"# + "\n")
    #expect(report.isSuccess)
  }

  @Test("leaves out whole messages, and counts them, once there is no room")
  func room() {
    var report = ProbeReport(keptByteCountMax: 2 * ProbeReport.messageOverheadBytes + 10)
    report.add([UInt8](repeating: 1, count: 8))
    #expect(report.roomBytes == 2)
    report.add([1, 2, 3])
    report.add(nil)
    report.add([1, 2])
    report.add([])
    #expect(report.messages.map(\.count) == [8, 2])
    #expect(report.leftOutCount == 3)
    #expect(report.roomBytes == 0)
  }
}

@Suite("The command mles-sim probe")
struct ProbeCommandTests {
  private static func run(_ arguments: [String]) throws -> (status: Int32, output: String, notes: String) {
    let (output, notes) = (try TestPipe(), try TestPipe())
    let console = Console(name: "mles-sim", output: output.writing, errorOutput: notes.writing)
    let status = Program([ProbeCommand.entry]).run(["probe"] + arguments, console: console)
    return (status, output.text(), notes.text())
  }

  @Test(
    "refuses a command line that cannot be meant",
    arguments: [
      [], ["http://localhost"], ["localhost"], ["wss://localhost", "--subprotocol", "a b"],
      ["wss://localhost", "--cert", "x"], ["wss://localhost", "--connect", "localhost"],
      ["wss://localhost", "--timeout", "0"],
    ])
  func usage(arguments: [String]) throws {
    let run = try Self.run(arguments)
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.notes.hasPrefix("mles-sim probe: "))
    #expect(run.notes.filter { $0 == "\n" }.count == 1)
  }

  @Test("prints the one object and one line when it fails before it connects")
  func unreadableAuthority() throws {
    let run = try Self.run(["wss://localhost", "--ca", "/does/not/exist", "--json"])
    #expect(run.status == 1)
    #expect(run.output.hasPrefix(#"{"opened":false,"messages":[],"#))
    #expect(run.output.contains(#""error":"--ca '/does/not/exist': No such file or directory""#))
    #expect(run.notes == "mles-sim probe: --ca '/does/not/exist': No such file or directory\n")
  }
}
