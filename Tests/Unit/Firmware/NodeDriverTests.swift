import CBoard
import Device
import FakeBoard
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("The node's driver, and what it reports") struct NodeDriverTests {
    let board = Board()

    init() {
      board.configure(authority: Authority.pem)
      board.state.pointee.sensor = BOARD_SENSOR_CHIP
      board.state.pointee.knows_time = true
      board.state.pointee.wall_milliseconds = 1_767_225_600_000
    }

    private func makeNode() -> BoardNode { Firmware.makeNode(Firmware.readSettings()) }

    @Test("the first line names versions and the reason of the start")
    func start() {
      board.state.pointee.reset = BOARD_RESET_BROWNOUT
      Report.start()
      #expect(board.lines.count == 1)
      #expect(board.lines[0].contains(/^Mles firmware \d+\.\d+\.\d+, mbedTLS \d+\.\d+\.\d+, reset: brownout$/))
      #expect(board.state.pointee.status == BOARD_STATUS_STARTING)
    }

    @Test("the second says which start it is, what the node does, who it is and where the server is")
    func node() throws {
      board.set("boot", [0, 0, 0, 41])
      var node = makeNode()
      Report.node(node)
      #expect(
        board.lines == [
          "boot 42: a reading every 10000 ms, for channel weather as board-1, server mles.example:443/"
        ])
      board.set("limit", "100")
      board.set("path", "/x")
      node = makeNode()
      Report.node(node)
      #expect(
        board.lines.last
          == "boot 43: a reading every 10000 ms, 100 readings, for channel weather as board-1, "
          + "server mles.example:443/x")
    }

    @Test("the line about memory, which tests on boards read")
    func memory() {
      board.state.pointee.memory = board_memory(
        stack_peak: 4_312, stack_size: 12_288, tls_used: 2_104, tls_peak: 29_036, tls_size: 40_960)
      Report.memory(10)
      #expect(
        board.lines == ["memory: stack peak 4312 of 12288, TLS 2104 now, 29036 peak of 40960 bytes, join 10"])
    }

    @Test("a turn idles until the node's deadline, and feeds the watchdog while that is ahead")
    func lawfulWait() throws {
      var node = makeNode()
      var driver = NodeDriver()
      for _ in 0..<100 { driver.turn(&node) }
      let state = board.state.pointee
      #expect(state.watchdog_feed_count == 100)
      #expect(state.idle_wakes == 0)
      #expect(board.lines == ["no network link; going on as soon as there is one"])
      #expect(state.status == BOARD_STATUS_WAITING_FOR_NETWORK)
      #expect(node.statistics.published == UInt32((state.now_milliseconds - 1_000 - 1) / 10_000 + 1))
    }

    @Test("each kind of network trouble is told once, and the node goes on when it is over")
    func networkTrouble() throws {
      var node = makeNode()
      var driver = NodeDriver()
      board.state.pointee.knows_time = false
      for link in [BOARD_LINK_DOWN, BOARD_LINK_ACQUIRING_ADDRESS, BOARD_LINK_UP] {
        board.state.pointee.link = link
        for _ in 0..<10 { driver.turn(&node) }
      }
      #expect(board.state.pointee.tcp_host_count == 0)
      board.state.pointee.knows_time = true
      board.state.pointee.tcp_status = BOARD_TCP_RESOLVING.rawValue
      driver.turn(&node)
      #expect(board.state.pointee.tcp_host_count == 12)
      #expect(
        board.lines == [
          "no network link; going on as soon as there is one",
          "network link, but no address from DHCP; going on as soon as there is one",
          "the time is not known, certificates cannot be checked; going on as soon as it is", "the network is there",
          "connecting to channel weather at mles.example:443 as board-1",
        ])
      #expect(board.state.pointee.idle_wakes == UInt32(BOARD_WAKE_WRITABLE))
      #expect(board.state.pointee.status == BOARD_STATUS_CONNECTING)
    }

    @Test("when the clock stands still the watchdog is not fed for ever")
    func clockStandsStill() throws {
      board.state.pointee.idle_passes_time = false
      var node = makeNode()
      var driver = NodeDriver()
      let limit = ProgressMonitor.stepsAtOneTimeMax
      for _ in 0..<(2 * limit) { driver.turn(&node) }
      #expect(board.state.pointee.watchdog_feed_count > limit / 2)
      #expect(board.state.pointee.watchdog_feed_count <= limit + 1)
    }

    @Test("the first reading carries the reason of a start that nobody wanted")
    func resetReason() throws {
      board.state.pointee.reset = BOARD_RESET_TRAP
      var node = makeNode()
      var driver = NodeDriver()
      for _ in 0..<40 { driver.turn(&node) }
      #expect(node.statistics.published >= 2)
      #expect(text(node.outbox.next).hasSuffix(",\"reset\":\"trap\"}"))
    }

    @Test("a node that has nothing left to do says what it has done, once, and waits")
    func finished() throws {
      board.set("limit", "1")
      board.state.pointee.temperature_code = 5
      var node = makeNode()
      var driver = NodeDriver()
      for _ in 0..<30 { driver.turn(&node) }
      node.stopPublishing()
      for _ in 0..<10 { driver.turn(&node) }
      #expect(
        board.lines.suffix(2) == [
          "left the channel",
          "finished: 0 published, 0 refused, 0 missed, \(node.statistics.sensorErrors) sensor errors, 0 received, "
            + "0 joins, 0 resumed, 0 lost, 0 dropped, 0 unconfirmed",
        ])
      let fed = board.state.pointee.watchdog_feed_count
      driver.turn(&node)
      #expect(board.state.pointee.watchdog_feed_count == fed + 1)
      #expect(board.state.pointee.idle_deadline_milliseconds == .max)
      #expect(board.state.pointee.status == BOARD_STATUS_STOPPED)
    }
  }
}
