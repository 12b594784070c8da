import Bytes
import Testing

@testable import Mles

@Suite struct AuthenticationTests {
  private func value(_ uid: StaticString, _ channel: StaticString, key: StaticString? = nil) -> UInt64 {
    let uid = [UInt8](uid)
    let channel = [UInt8](channel)
    guard let key else { return Authentication.value(uid: uid.span, channel: channel.span, key: nil) }
    let keyBytes = [UInt8](key)
    return Authentication.value(uid: uid.span, channel: channel.span, key: keyBytes.span)
  }

  private func spelling(_ value: UInt64) throws -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: Authentication.digitCount)
    var writer = ByteWriter(storage.mutableSpan)
    Authentication.write(value, to: &writer)
    let count = try writer.finish()
    return Array(storage[..<count])
  }

  // Both values were accepted by mles-rs 2.9.2, without and with the server key "sekrit".
  @Test func keylessVectorOfTheRealServer() throws {
    #expect(try spelling(value("alice", "example")) == [UInt8]("9b3b95527f7c2d80"))
  }

  @Test func keyedVectorOfTheRealServerKeepsLeadingZeros() throws {
    #expect(try spelling(value("alice", "example", key: "sekrit")) == [UInt8]("0082200cb33a6cc6"))
  }

  @Test func partsAreHashedWithoutSeparators() {
    #expect(value("alice", "example", key: "sekrit") == value("alic", "eexample", key: "sekrit"))
    #expect(value("alice", "example", key: "sekrit") == value("alice", "examplesekrit"))
    #expect(value("alice", "example", key: "") == value("alice", "example"))
  }

  @Test func parseUndoesTheSpelling() throws {
    for word in [0, 1, 0x0082_200c_b33a_6cc6, 0x9b3b_9552_7f7c_2d80, UInt64.max] {
      let text = try spelling(word)
      #expect(Authentication.parse(text.span) == word)
    }
    let upper = [UInt8]("9B3B95527F7C2D80")
    #expect(Authentication.parse(upper.span) == 0x9b3b_9552_7f7c_2d80)
    let short = [UInt8]("82200cb33a6cc6")
    #expect(Authentication.parse(short.span) == 0x0082_200c_b33a_6cc6)
  }

  @Test(arguments: ["", "9b3b95527f7c2d80 ", "09b3b95527f7c2d80", "9b3b95527f7c2d8g", "-1", "+1", "0x1", "å"])
  func parseRefusesWhatIsNoHexadecimalNumber(text: String) {
    let bytes = Array(text.utf8)
    #expect(Authentication.parse(bytes.span) == nil)
  }
}
