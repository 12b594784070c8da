import WebSocket

@testable import Simulator

/// A relay with a clock that the test turns, and members that only exist on paper.
final class RelayHarness {
  let core: RelayCore
  var now: UInt64

  init(startMilliseconds: UInt64 = 1_000_000, _ configure: (inout RelayCore.Configuration) -> Void = { _ in }) {
    var configuration = RelayCore.Configuration()
    configure(&configuration)
    core = RelayCore(configuration)
    now = startMilliseconds
  }

  func upgrade() -> RelayMember { core.connect(tag: 0, nowMilliseconds: now) }

  /// A member that has sent a good header.
  func member(_ uid: String, on channel: String = "example", auth: String? = nil) -> RelayMember {
    let member = upgrade()
    text(Self.header(uid, channel, auth), from: member)
    return member
  }

  static func header(_ uid: String, _ channel: String = "example", _ auth: String? = nil) -> String {
    "{\"uid\":\"\(uid)\",\"channel\":\"\(channel)\"" + (auth.map { ",\"auth\":\"\($0)\"" } ?? "") + "}"
  }

  func text(_ text: String, from member: RelayMember) {
    core.receive(.text, Array(text.utf8), from: member, nowMilliseconds: now)
  }

  func binary(_ bytes: [UInt8], from member: RelayMember) {
    core.receive(.binary, bytes, from: member, nowMilliseconds: now)
  }

  func ping(_ bytes: [UInt8], from member: RelayMember) {
    core.receivePing(bytes, from: member, nowMilliseconds: now)
  }

  func pong(from member: RelayMember) {
    core.receivePong(from: member, nowMilliseconds: now)
  }

  /// Lets time pass in the steps that the core itself asks for.
  func wait(milliseconds: UInt64) {
    let end = now + milliseconds
    while let deadline = core.nextDeadlineMilliseconds, deadline <= end {
      now = max(now, deadline)
      core.tick(nowMilliseconds: now)
    }
    now = end
  }

  /// Everything that waits for `member`, in a readable form: `text:hi`, `binary:0001`, `ping:`, `close:`.
  func received(_ member: RelayMember) -> [String] {
    var result: [String] = []
    while let frame = member.nextFrame() { result.append(Self.describe(frame)) }
    return result
  }

  static func describe(_ frame: RelayFrame) -> String {
    let payload = frame.wire.dropFirst(frame.wire[1] < 126 ? 2 : frame.wire[1] == 126 ? 4 : 10)
    let hex = payload.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    switch frame.opcode {
    case .text: return "text:" + String(decoding: payload, as: UTF8.self)
    case .binary: return "binary:" + hex
    case .ping: return "ping:" + hex
    case .pong: return "pong:" + hex
    case .close: return "close:" + hex
    default: return "?"
    }
  }
}
