import Bytes
import Testing

@testable import WebSocket

/// `maximumPayload` is the largest payload that really fits, at every size of buffer at which the form of the length
/// changes: headers are 2, 4 or 10 bytes, 4 more with a masking key.
@Suite struct SendCapacityTests {
  /// By trying every size: the tests' own encoder says how long a frame is.
  private func largest(_ capacity: Int, _ role: Role) -> Int {
    let near = max(0, capacity - 20)...max(0, capacity)
    return near.last { frame(2, key: role == .client ? 1 : nil, length: UInt64($0)).count + $0 <= capacity } ?? 0
  }

  private func check<let s: Int>(_ capacity: InlineArray<s, UInt8>.Type) {
    for role in [Role.client, .server] {
      var connection = Connection<1, s>(role: role, oversize: .refuse)
      let most = connection.maximumPayload
      #expect(most == largest(s, role), "capacity \(s), \(role)")
      let payload = [UInt8](repeating: 0x41, count: most + 1)
      let overhead = frame(2, key: role == .client ? 1 : nil, length: UInt64(most + 1)).count
      #expect(
        connection.trySend(payload, .binary, key: 1)
          == .tooLarge(CapacityError(requiredBytes: most + 1 + overhead, capacityBytes: s)), "capacity \(s), \(role)")
      let fits = Array(payload.dropLast())
      #expect(connection.trySend(fits, .binary, key: 1) == nil, "capacity \(s), \(role)")
      let count = connection.output.count
      #expect(count <= s && count > s - 8)
    }
  }

  @Test("Bug: maximumPayload was up to 7 bytes short where the form of the length changes")
  func boundaries() {
    check(InlineArray<8, UInt8>.self)
    check(InlineArray<20, UInt8>.self)
    check(InlineArray<126, UInt8>.self)
    check(InlineArray<127, UInt8>.self)
    check(InlineArray<128, UInt8>.self)
    check(InlineArray<129, UInt8>.self)
    check(InlineArray<130, UInt8>.self)
    check(InlineArray<131, UInt8>.self)
    check(InlineArray<132, UInt8>.self)
    check(InlineArray<133, UInt8>.self)
    check(InlineArray<134, UInt8>.self)
    check(InlineArray<135, UInt8>.self)
    check(InlineArray<140, UInt8>.self)
    check(InlineArray<1024, UInt8>.self)
  }

  @Test("Bug: maximumPayload was up to 7 bytes short where the form of the length changes to 64 bits")
  func boundariesOf64Bits() {
    check(InlineArray<65_538, UInt8>.self)
    check(InlineArray<65_539, UInt8>.self)
    check(InlineArray<65_540, UInt8>.self)
    check(InlineArray<65_543, UInt8>.self)
    check(InlineArray<65_544, UInt8>.self)
    check(InlineArray<65_545, UInt8>.self)
    check(InlineArray<65_546, UInt8>.self)
    check(InlineArray<65_549, UInt8>.self)
    check(InlineArray<65_550, UInt8>.self)
    check(InlineArray<65_551, UInt8>.self)
  }

  @Test("Property: at every size of room, the largest payload fits and one more does not")
  func everySize() {
    for size in Array(0...400) + Array(65_500...65_600) {
      for isMasked in [true, false] {
        let most = FrameHeader.maximumPayload(inFrameOf: size, isMasked: isMasked)
        #expect(most == largest(size, isMasked ? .client : .server))
      }
    }
  }
}
