import Glibc

/// What a probe found: the result that `--json` prints, and meanwhile the steps in words.
struct ProbeReport {
  /// Bytes of messages that `--json` keeps: those of messages that do not fit any more are left out of its list.
  static let keptByteCountMax = 64 << 20
  /// The same with `--echo`, where suites send gigabytes that nobody wants to see.
  static let keptByteCountMaxWhenEchoing = 1 << 20
  /// What a kept message costs besides its bytes, so that empty ones are not for nothing.
  static let messageOverheadBytes = 64
  /// A Close without a code; never on the wire (RFC 6455, section 7.1.5).
  static let noStatusReceived: UInt16 = 1005

  var isOpened = false
  private(set) var messages: [[UInt8]] = []
  /// Messages that were too large, or too many, to be in `messages`.
  private(set) var leftOutCount = 0
  var messageCount = 0
  var messageByteCount: UInt64 = 0
  var closeReceived: UInt16?
  var closeSent: UInt16?
  var subprotocol: String?
  var tls: String?
  var error: String?
  var elapsedMilliseconds: UInt64 = 0

  private let keptByteCountMax: Int
  private var keptByteCount = 0

  /// An empty report that keeps messages of so many bytes, all together.
  init(keptByteCountMax: Int) {
    self.keptByteCountMax = keptByteCountMax
  }

  /// How much more of one message can be kept.
  var roomBytes: Int { max(0, keptByteCountMax - keptByteCount - Self.messageOverheadBytes) }

  /// Adds a message, nil for one that was too large to be collected.
  mutating func add(_ message: [UInt8]?) {
    guard let message, message.count + Self.messageOverheadBytes <= keptByteCountMax - keptByteCount else {
      leftOutCount += 1
      return
    }
    keptByteCount += message.count + Self.messageOverheadBytes
    messages.append(message)
  }

  /// Whether the exit status is 0.
  var isSuccess: Bool { isOpened && error == nil }

  /// The one object of `--json`.
  var json: [UInt8] {
    var result = Array("{\"opened\":\(isOpened),\"messages\":[".utf8)
    for (index, message) in messages.enumerated() {
      result += Array(index == 0 ? "\"".utf8 : ",\"".utf8)
      result += JSONText.hexadecimal(message)
      result.append(UInt8(ascii: "\""))
    }
    let fields = [
      "\"close_rcvd\":\(JSONText.number(closeReceived))", "\"close_sent\":\(JSONText.number(closeSent))",
      "\"subprotocol\":\(JSONText.string(subprotocol))", "\"tls\":\(JSONText.string(tls))",
      "\"error\":\(JSONText.string(error))", "\"seconds\":\(JSONText.seconds(milliseconds: elapsedMilliseconds))",
    ]
    result += Array("],\(fields.joined(separator: ","))}\n".utf8)
    return result
  }
}

/// The lines of a probe's text: elapsed time, step, what happened.
struct ProbeLine {
  let elapsedMilliseconds: UInt64
  let step: String
  let text: String

  var bytes: [UInt8] {
    let time = String(elapsedMilliseconds)
    let padding = String(repeating: " ", count: max(0, 7 - time.utf8.count))
    let name = step + String(repeating: " ", count: max(1, 9 - step.utf8.count))
    return Array("\(padding)\(time) ms  \(name)\(Console.printable(text))\n".utf8)
  }
}
