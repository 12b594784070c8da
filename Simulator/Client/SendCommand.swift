import Glibc
import Mles

/// `mles-sim send`: each line of standard input becomes a text message.
enum SendCommand {
  static let entry = Program.Entry(SendOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let member = try ClientSetup(arguments, uid: arguments[SendOptions.uid]).member()
    let loop = EventLoop(signals: try SignalWatch())
    let lines = LineSender(member, loop: loop)
    loop.add(lines)
    loop.add(member)
    let watch = ClientWatch(member, loop: loop, console: console, isVerbose: arguments[SharedOptions.verbose])
    try loop.run()
    let counters = member.outbox.counters
    let unproven = UInt64(member.outbox.count) + counters.droppedUnconfirmed + counters.droppedQueued
    if let failure = lines.failure {
      guard unproven > 0 else { throw failure }
      console.note(failure.description)
    }
    if lines.isDone, lines.count == 0 { return }
    try watch.finish()
    guard unproven == 0 else {
      throw RunFailure("ended with \(unproven) messages that the server is not known to have")
    }
    guard lines.isDone else { throw RunFailure("interrupted before the end of standard input") }
  }
}

/// Reads standard input as far as the outbox has room, and leaves the channel when all is sent.
final class LineSender: LoopParticipant {
  private let member: ChannelMember
  private let loop: EventLoop
  private var buffer: [UInt8] = []
  /// Lines read and queued.
  private(set) var count = 0
  private var hasEnded = false
  private var slot: LoopInterests.Slot?
  /// Why it stopped reading before the end. What was read before is still sent.
  private(set) var failure: RunFailure?

  init(_ member: ChannelMember, loop: EventLoop) {
    self.member = member
    self.loop = loop
  }

  /// Whether everything was read, sent, and the channel left.
  var isDone: Bool { hasEnded && buffer.isEmpty && member.outbox.count == 0 }

  private var isBlocked: Bool { buffer.contains(0x0A) || hasEnded }

  func addInterests(to interests: inout LoopInterests) {
    queueLines()
    slot = isBlocked ? nil : interests.add(0)
    if hasEnded, buffer.isEmpty { member.leaveWhenSent() }
    guard isDone else { return }
    if member.state != .stopped { member.leave() }
    if member.state == .stopped { interests.wake(atMilliseconds: 0) }
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    if isDone, member.state == .stopped { return loop.stop() }
    guard let slot, ready.isReady(slot) else { return }
    var chunk = [UInt8](repeating: 0, count: 16_384)
    let count = chunk.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress, $0.count) }
    switch count {
    case 1...: buffer += chunk[..<count]
    case 0:
      hasEnded = true
      if !buffer.isEmpty, buffer.last != 0x0A { buffer.append(0x0A) }
    default:
      if errno != EINTR && errno != EAGAIN { fail("standard input: \(SystemError(code: errno))") }
    }
  }

  private func queueLines() {
    var start = 0
    while let end = buffer[start...].firstIndex(of: 0x0A) {
      var line = Array(buffer[start..<end])
      if line.last == 0x0D { line.removeLast() }
      guard check(line) else { return }
      guard member.send(line, kind: .text) else { break }
      count += 1
      start = end + 1
    }
    buffer.removeFirst(start)
    if buffer.count > ChannelMember.sendByteCountMax, !buffer.contains(0x0A) { _ = check(buffer) }
  }

  private func check(_ line: [UInt8]) -> Bool {
    if line.count > ChannelMember.sendByteCountMax {
      fail("line \(count + 1) of standard input is longer than \(ChannelMember.sendByteCountMax) bytes")
      return false
    }
    guard String(validating: line, as: UTF8.self) != nil else {
      fail("line \(count + 1) of standard input is not UTF-8")
      return false
    }
    return true
  }

  private func fail(_ text: String) {
    failure = RunFailure(text)
    (buffer, hasEnded) = ([], true)
  }
}
