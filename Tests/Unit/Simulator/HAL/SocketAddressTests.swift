import Glibc
import Testing

@testable import Simulator

@Suite struct SocketAddressTests {
  @Test(
    arguments: [
      ("127.0.0.1", "127.0.0.1:443"), ("192.0.2.7", "192.0.2.7:443"), ("::1", "[::1]:443"), ("[::1]", "[::1]:443"),
      ("[2001:db8::7]", "[2001:db8::7]:443"), ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:443"),
    ])
  func addressesAreReadWithAndWithoutBrackets(text: String, expected: String) throws {
    let address = try #require(SocketAddress(literal: text, port: 443))
    #expect(address.description == expected)
    #expect(address.port == 443)
  }

  @Test(arguments: [
    "", "localhost", "example.org", "[127.0.0.1]", "[::1", "::1]", "1.2.3.4.5", "[]", "fe80::x", "a\0b",
  ])
  func namesAreNotAddresses(text: String) {
    #expect(SocketAddress(literal: text, port: 1) == nil)
  }

  @Test(
    arguments: [
      ("127.0.0.1", true), ("127.255.0.3", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
      ("0.0.0.0", false), ("::", false), ("::2", false), ("::ffff:10.0.0.1", false), ("2001:db8::1", false),
    ])
  func loopbackIsThisComputerOnly(text: String, isLoopback: Bool) throws {
    #expect(try #require(SocketAddress(literal: text, port: 1)).isLoopback == isLoopback)
  }

  @Test func familiesTakeTurnsBeginningWithTheFirst() {
    let addresses = ["::1", "::2", "::3", "10.0.0.1"].compactMap { SocketAddress(literal: $0, port: 0) }
    let sorted = LinuxSocket.alternatingFamilies(addresses, port: 7).map(\.description)
    #expect(sorted == ["[::1]:7", "10.0.0.1:7", "[::2]:7", "[::3]:7"])
    #expect(LinuxSocket.alternatingFamilies([], port: 7).isEmpty)
  }
}
