/// Which reading a message is: whose, of which boot, with which number. As the checkers count.
struct ReadingID: Equatable {
  /// The node.
  var client: Int
  /// The place of the boot in the list of the node's boots.
  var boot: Int
  var sequence: Int
}

/// What the checkers read out of a reading's JSON; apart from the code that writes it, and from the subscribers' parser.
struct ReadingText: Equatable {
  var node: Int
  var bootCount: UInt32
  var sequence: Int

  /// What stands before the node's number in its name.
  static let uidPrefix = "node-"
  private static let start = Array(#"{"uid":"node-"#.utf8)
  private static let boot = Array(#"","boot":"#.utf8)
  private static let sequence = Array(#","seq":"#.utf8)

  /// Nil for anything else.
  init?(_ payload: Span<UInt8>) {
    var position = 0
    guard Self.skip(Self.start, payload, &position), let node = Self.number(payload, &position),
      Self.skip(Self.boot, payload, &position), let boot = Self.number(payload, &position),
      Self.skip(Self.sequence, payload, &position), let sequence = Self.number(payload, &position),
      boot <= UInt64(UInt32.max), position < payload.count, payload[position] == UInt8(ascii: ",")
    else { return nil }
    self.node = Int(node)
    bootCount = UInt32(boot)
    self.sequence = Int(sequence)
  }

  private static func skip(_ text: [UInt8], _ payload: Span<UInt8>, _ position: inout Int) -> Bool {
    guard text.count <= payload.count - position else { return false }
    for index in text.indices where payload[position + index] != text[index] { return false }
    position += text.count
    return true
  }

  private static func number(_ payload: Span<UInt8>, _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    let first = position
    while position < payload.count, position - first < 10 {
      let digit = payload[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      value = value * 10 + UInt64(digit)
      position += 1
    }
    return position > first ? value : nil
  }
}
