/// An input read as a program: numbers and pieces of bytes from its front, zeros and nothing behind its end.
struct Program {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// A number below `limit`, which is at least 1.
  mutating func number(below limit: Int) -> Int { word() % limit }

  /// 0...65535.
  mutating func word() -> Int { Int(byte()) << 8 | Int(byte()) }

  mutating func bool() -> Bool { byte() & 1 != 0 }

  /// The next `count` bytes, or what there is of them.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// All that is left.
  mutating func remainder() -> [UInt8] { bytes(rest.count) }
}
