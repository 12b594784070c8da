import Device
import Mles
import TLS
import WebSocket

/// `mles-sim tail`: joins a channel and prints what arrives.
enum TailCommand {
  static let entry = Program.Entry(TailOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let member = try ClientSetup(arguments, uid: arguments[TailOptions.uid]).member()
    let loop = EventLoop(signals: try SignalWatch())
    loop.add(member)
    let watch = ClientWatch(member, loop: loop, console: console, isVerbose: arguments[SharedOptions.verbose])
    let format = MessageFormat(isJSON: arguments[TailOptions.json])
    var remaining = arguments[TailOptions.count] ?? .max
    var failure: (any Error)?
    member.onMessage = { message in
      guard remaining > 0, failure == nil else { return }
      do { try console.line(format.line(message)) } catch {
        failure = error
        return loop.stop()
      }
      if message.joinedUID == nil { remaining -= 1 }
      if remaining == 0 { loop.stop() }
    }
    member.onGap = { console.note(Console.printable($0.text)) }
    if let limit = arguments[TailOptions.seconds] {
      _ = try loop.run(until: { false }, timeoutMilliseconds: limit)
    } else {
      try loop.run()
    }
    if let failure { throw failure }
    try watch.finish()
    if member.oversizeCount > 0 {
      console.note(
        "\(member.oversizeCount) messages above \(ChannelMember.messageByteCountMax >> 20) MiB were left out")
    }
  }
}

/// How a message is printed.
struct MessageFormat {
  let isJSON: Bool

  /// `KIND SENDER CONTENT`, the content as text or hexadecimal; or one JSON object.
  func line(_ message: ReceivedMessage) -> String {
    let reading = message.kind == .text ? ParsedReading(message.bytes.span) : nil
    let sender = message.joinedUID ?? reading?.uid
    let kind = message.joinedUID != nil ? "join" : message.kind == .text ? "text" : "binary"
    guard isJSON else {
      let content =
        message.kind == .text ? Console.printable(String(decoding: message.bytes, as: UTF8.self)) : hex(message.bytes)
      return "\(kind) \(sender.map(Console.printable) ?? "-") \(content)"
    }
    var line = "{\"kind\":\"\(kind)\",\"sender\":" + (sender.map { "\"\(escaped($0))\"" } ?? "null")
    if message.kind == .text {
      line += ",\"text\":\"\(escaped(String(decoding: message.bytes, as: UTF8.self)))\""
    } else {
      line += ",\"hex\":\"\(hex(message.bytes))\""
    }
    return line + "}"
  }

  private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if Console.isControl(scalar) {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
