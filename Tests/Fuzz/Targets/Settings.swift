import Bytes
import CBoard
import FakeBoard

@testable import Firmware

// Input: what a board finds as its configuration. Each value begins with a byte that says which one it is, or how it fails,
// and two with its size; certificates among them.

private let names = ["host", "port", "path", "ca", "channel", "uid", "key", "interval", "limit", "ghost"]

func fuzz(_ input: [UInt8]) {
  var program = Program(input)
  var values: [String: [UInt8]] = [:]
  fake_board_restart()
  let certificates = program.byte()
  fake_board_state().pointee.bundle = certificates & 1 == 0 ? nil : { _ in 0 }
  while !program.isAtEnd {
    let kind = program.byte()
    let name = names[Int(kind & 15) % names.count]
    if kind & 0xF0 == 0xF0 {
      fake_board_fail_value(name, -1 - Int32(program.byte() % 7), 5)
      values[name] = nil
    } else {
      let bytes = program.bytes(program.word() % 1200)
      fake_board_set_value(name, bytes, bytes.count)
      values[name] = bytes
    }
  }
  if let settings = Settings.read() {
    requireUsable(settings, values)
    require(!lines().contains(where: isRefusal), "used, and yet refused: \(lines())")
  } else {
    require(!lines().isEmpty, "refused without a word")
  }
  requireLog(values)
}

/// Whether the line says that a value is not what it should be; a certificate left out beside one that is used is a warning.
private func isRefusal(_ line: String) -> Bool {
  line.hasPrefix("configuration: ")
    && !line.hasPrefix("configuration: ca: certificates that cannot be read and are left out: ")
}

/// What the firmware goes on with is what was configured, within the limits of board.h.
private func requireUsable(_ settings: borrowing Settings, _ values: [String: [UInt8]]) {
  let host = bytes(settings.endpoint.host)
  requireEqual(host, trimmed(values["host"]), "host")
  require((1...253).contains(host.count), "a host of \(host.count) bytes")
  require(host.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A && $0 != 0x2F }, "a host that is a URL")
  let target = bytes(settings.endpoint.target)
  require(target.first == 0x2F && target.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a path that ends the line")
  require(settings.endpoint.port > 0, "port 0")
  for (name, value) in [("uid", bytes(settings.identity.uid)), ("channel", bytes(settings.identity.channel))] {
    requireEqual(value, trimmed(values[name]), name)
    require((1...64).contains(value.count) && value.allSatisfy { $0 < 0x80 }, "\(name) of \(value.count) bytes")
  }
  requireEqual(number(values["port"]) ?? 443, UInt64(settings.endpoint.port), "port")
  if let interval = number(values["interval"]) {
    requireEqual(UInt64(settings.node.intervalMilliseconds), interval, "interval")
  }
  requireEqual(settings.node.readingLimit.map(UInt64.init), number(values["limit"]), "limit")
  let ghost = trimmed(values["ghost"]).map(text) ?? "wait"
  require(["wait", "respell"].contains(ghost), "used a ghost of \(ghost)")
  requireEqual(settings.respellsRefusedIdentity, ghost == "respell", "ghost")
}

/// A value without one line end behind it; nil when nothing is left.
private func trimmed(_ value: [UInt8]?) -> [UInt8]? {
  guard var value else { return nil }
  if value.last == 0x0A { value.removeLast() }
  if value.last == 0x0D { value.removeLast() }
  return value.isEmpty ? nil : value
}

private func number(_ value: [UInt8]?) -> UInt64? {
  trimmed(value).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
}

// MARK: The log

private func lines() -> [String] { logged().map { String(decoding: $0, as: UTF8.self) } }

private func logged() -> [[UInt8]] {
  (0..<fake_board_line_count()).map { index in
    var bytes = [UInt8](repeating: 0, count: Int(FAKE_BOARD_LINE_BYTES_MAX))
    var count = 0
    _ = fake_board_line(index, &bytes, &count)
    return Array(bytes[..<count])
  }
}

/// Lines of printable text, in which no secret is.
private func requireLog(_ values: [String: [UInt8]]) {
  for line in logged() {
    require(line.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a control character in the log: \(line)")
  }
  // Long enough that it is in no line by chance.
  guard let key = trimmed(values["key"]), key.count >= 12 else { return }
  for (name, value) in values where name != "key" && String(decoding: value, as: UTF8.self).contains(text(key)) {
    return
  }
  require(!lines().contains { $0.contains(text(key)) }, "the key is in the log")
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

private func bytes(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
