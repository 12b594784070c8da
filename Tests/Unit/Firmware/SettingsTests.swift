import CBoard
import FakeBoard
import TLS
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("Settings that are as they should be") struct SettingsTests {
    let board = Board()

    init() { board.configure(authority: Authority.pem) }

    @Test("only what must be there: the rest has defaults")
    func defaults() throws {
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      #expect(text(settings.endpoint.host) == "mles.example")
      #expect(settings.endpoint.port == 443)
      #expect(text(settings.endpoint.target) == "/")
      #expect(text(settings.identity.channel) == "weather")
      #expect(text(settings.identity.uid) == "board-1")
      #expect(settings.node.intervalMilliseconds == 10_000)
      #expect(settings.node.readingLimit == nil)
      #expect(settings.node.resetReason == nil)
      #expect(!settings.node.isSimulated)
      #expect(board.lines.isEmpty)
    }

    @Test("everything")
    func everything() throws {
      let withoutKey = try authentication()
      board.set("port", "65535")
      board.set("path", "/mles?x=1")
      board.set("key", "a secret")
      board.set("interval", "4294967295")
      board.set("limit", "1")
      board.set("ghost", "respell\n")
      board.state.pointee.reset = BOARD_RESET_WATCHDOG
      board.state.pointee.sensor_is_simulated = true
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      #expect(settings.endpoint.port == 65_535)
      #expect(text(settings.endpoint.target) == "/mles?x=1")
      #expect(settings.identity.authentication != withoutKey)
      #expect(settings.node.intervalMilliseconds == .max)
      #expect(settings.node.readingLimit == 1)
      #expect(settings.node.resetReason.map { "\($0)" } == "watchdog")
      #expect(settings.node.isSimulated)
      #expect(settings.respellsRefusedIdentity == true)
    }

    @Test("a ghost is waited for unless the settings say otherwise", arguments: ["", "wait"])
    func ghost(value: String) throws {
      board.set("ghost", value)
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      #expect(settings.respellsRefusedIdentity == false)
    }

    @Test("a line end behind a value does not belong to it; an empty value is none")
    func lineEnds() throws {
      board.set("key", "a secret")
      let expected = try authentication()
      board.set("host", "mles.example\n")
      board.set("port", "8443\r\n")
      board.set("key", "a secret\n")
      board.set("path", "")
      board.set("interval", "\n")
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      #expect(text(settings.endpoint.host) == "mles.example")
      #expect(settings.endpoint.port == 8_443)
      #expect(text(settings.endpoint.target) == "/")
      #expect(settings.identity.authentication == expected)
      #expect(settings.node.intervalMilliseconds == 10_000)
    }

    @Test("bug: of an empty path its line end was taken for the path", arguments: ["", "\n", "\r\n"])
    func emptyPath(value: String) throws {
      board.set("path", value)
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      #expect(text(settings.endpoint.target) == "/")
    }

    @Test("values as long as they may be")
    func longest() throws {
      board.set("host", String(repeating: "h", count: 253))
      board.set("path", "/" + String(repeating: "p", count: 127))
      board.set("channel", String(repeating: "c", count: 64))
      board.set("uid", String(repeating: "u", count: 64))
      board.set("key", String(repeating: "k", count: 256))
      board.set("ca", Authority.pem + [UInt8](repeating: 0x0A, count: Settings.authorityBytesMax - Authority.pem.count))
      let isRead = isReadable
      #expect(isRead, "\(board.lines)")
    }

    @Test("certificates in DER, and several in PEM of which one cannot be read")
    func authorities() {
      board.set("ca", Authority.der)
      #expect(isReadable, "\(board.lines)")
      let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      board.set("ca", Array(damaged.utf8) + Authority.pem + Authority.pem)
      #expect(isReadable)
      #expect(board.lines == ["configuration: ca: certificates that cannot be read and are left out: 1"])
      #expect(board.log.first?.level == BOARD_LOG_WARNING)
    }

    @Test("the board's bundle is for a board without certificates of its own")
    func bundle() {
      board.state.pointee.bundle = { _ in
        fake_board_state().pointee.idle_count += 1
        return 0
      }
      #expect(isReadable)
      #expect(board.state.pointee.idle_count == 0, "not attached")
      fake_board_fail_value("ca", Int32(BOARD_VALUE_MISSING), 0)
      #expect(isReadable, "\(board.lines)")
      #expect(board.state.pointee.idle_count == 1, "attached")
      board.state.pointee.bundle = { _ in -1 }
      #expect(!isReadable)
      #expect(board.lines.last?.hasPrefix("TLS: ") == true)
      #expect(board.lines.last?.hasSuffix("; trying again in 10 s") == true)
    }

    @Test("the key is overwritten in memory, also when other values are wrong", arguments: [true, false])
    func secretIsWiped(isComplete: Bool) {
      if !isComplete { board.set("uid", "") }
      board.set("key", String(repeating: "a secret", count: 32))
      #expect(isReadable == isComplete)
      // Memory that is used again may have a byte of it by chance.
      let leftCount = board.state.pointee.secret_left_count
      #expect((0..<16).contains(leftCount), "\(leftCount)")
      #expect(board.lines.allSatisfy { !$0.contains("secret") })
    }

    private var isReadable: Bool { Settings.read() != nil }

    private func authentication() throws -> UInt64 {
      guard let settings = Settings.read() else { throw Unexpected(lines: board.lines) }
      return settings.identity.authentication
    }
  }

  /// The settings were not taken.
  struct Unexpected: Error { let lines: [String] }
}
