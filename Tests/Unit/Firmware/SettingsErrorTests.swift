import CBoard
import FakeBoard
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("Settings that are missing or wrong") struct SettingsErrorTests {
    static let hostWords = "a DNS name or an IPv4 address"
    static let nameWords = "1 to 64 ASCII characters"
    static let authorityWords = "certificates in PEM or one in DER, at most 8192 bytes"
    static let pathWords = "a path that begins with /, at most 128 bytes"
    static let intervalWords = "1 to 4294967295 milliseconds"
    static let limitWords = "1 to 4294967295 readings"

    let board = Board()

    init() { board.configure(authority: Authority.pem) }

    /// Key, value, what the log says was expected, and what it says came.
    static let wrong: [(String, String, String, String)] = [
      ("host", "", hostWords, "nothing"),
      ("host", "wss://mles.example", hostWords, "\"wss://mles.example\""),
      ("host", "mles.example:443", hostWords, "\"mles.example:443\""),
      ("host", "::1", hostWords, "\"::1\""),
      ("host", String(repeating: "h", count: 254), hostWords, "254 bytes"),
      ("port", "0", "1 to 65535", "\"0\""),
      ("port", "65536", "1 to 65535", "\"65536\""),
      ("port", "99999999999999999999", "1 to 65535", "\"99999999999999999999\""),
      ("port", " 443", "1 to 65535", "\" 443\""),
      ("port", "-1", "1 to 65535", "\"-1\""),
      ("port", "https", "1 to 65535", "\"https\""),
      ("port", String(repeating: "4", count: 33), "1 to 65535", "33 bytes"),
      ("path", "mles", pathWords, "\"mles\""),
      ("path", "/a b", pathWords, "\"/a b\""),
      ("path", "/a\r\nX: y", pathWords, "\"/a??X: y\""),
      (
        "path", "/" + String(repeating: "p", count: 100) + "ä", pathWords,
        "\"/\(String(repeating: "p", count: 47))...\""
      ),
      ("path", String(repeating: "/", count: 129), pathWords, "129 bytes"),
      ("ca", "", authorityWords, "nothing"),
      ("ca", "no certificate", authorityWords, "14 bytes"),
      ("ca", String(repeating: "c", count: 8193), authorityWords, "8193 bytes"),
      ("channel", "", nameWords, "nothing"),
      ("channel", "wetter-ä", nameWords, "\"wetter-??\""),
      ("uid", "", nameWords, "nothing"),
      ("uid", String(repeating: "u", count: 65), nameWords, "65 bytes"),
      ("key", String(repeating: "k", count: 257), "at most 256 bytes", "257 bytes"),
      ("interval", "0", intervalWords, "\"0\""),
      ("interval", "4294967296", intervalWords, "\"4294967296\""),
      ("interval", "10s", intervalWords, "\"10s\""),
      ("limit", "0", limitWords, "\"0\""),
      ("limit", "1e3", limitWords, "\"1e3\""),
      ("ghost", "Respell", "wait or respell", "\"Respell\""),
      ("ghost", String(repeating: "g", count: 17), "wait or respell", "17 bytes"),
    ]

    @Test("each is one line with the key, what was expected and what came", arguments: wrong)
    func line(key: String, value: String, expected: String, got: String) {
      board.set(key, value)
      #expect(!isReadable)
      #expect(board.lines == ["configuration: \(key): expected \(expected), got \(got); trying again in 10 s"])
      #expect(board.log.first?.level == BOARD_LOG_ERROR)
    }

    @Test("a board that was told nothing: all that must be there, in one go")
    func nothing() {
      fake_board_restart()
      #expect(!isReadable)
      #expect(
        board.lines.map { $0.split(separator: ":")[1] } == [" host", " uid", " channel", " ca"])
    }

    @Test("a store that fails is told with its code, also of a value that need not be there")
    func store() {
      fake_board_fail_value("port", Int32(BOARD_VALUE_FAILED), 4_354)
      #expect(!isReadable)
      #expect(
        board.lines == [
          "configuration: port: expected 1 to 65535, got an error of the store, code 4354; trying again in 10 s"
        ])
    }

    @Test("the longest line is not cut")
    func longestLineFits() {
      board.set("path", "/" + String(repeating: "p", count: 126) + " ")
      #expect(!isReadable)
      #expect(board.lines.allSatisfy { $0.utf8.count < 255 && $0.hasSuffix("; trying again in 10 s") })
    }

    @Test("the values are read again after 10 s, with the lamp on stopped and the watchdog fed")
    func again() {
      let start = board.state.pointee.now_milliseconds
      board.set("uid", "")
      board.state.pointee.on_idle = { deadline in
        let now = board_monotonic_milliseconds()
        guard now >= deadline, now > 25_000 else { return }
        fake_board_set_value("uid", Array("board-1".utf8), 7)
      }
      let settings = Firmware.readSettings()
      #expect(text(settings.identity.uid) == "board-1")
      #expect(board.state.pointee.now_milliseconds == start + 30_000)
      #expect(board.lines.count == 3)
      #expect(board.state.pointee.status == BOARD_STATUS_STOPPED)
      #expect(board.state.pointee.watchdog_feed_count == 30)
      #expect(board.state.pointee.idle_count == 30)
    }

    private var isReadable: Bool { Settings.read() != nil }
  }
}
