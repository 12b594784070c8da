import Testing

@testable import Simulator

@Suite("Pins of --pin")
struct PublicKeyPinTests {
  // SHA-256 of the empty message (FIPS 180-4 example), as sha256sum and `openssl dgst -binary | base64` write it.
  static let hexadecimal = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  static let base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  static let start: [UInt8] = [0xE3, 0xB0, 0xC4, 0x42]

  @Test("are taken in every common spelling, with the same result")
  func spellings() throws {
    let plain = try PublicKeyPin.bytes(Self.hexadecimal)
    #expect(plain.count == 32)
    #expect(Array(plain.prefix(4)) == Self.start)
    #expect(plain.last == 0x55)
    #expect(try PublicKeyPin.bytes(Self.hexadecimal.uppercased()) == plain)
    #expect(try PublicKeyPin.bytes(Self.base64) == plain)
    #expect(try PublicKeyPin.bytes("sha256//" + Self.base64) == plain)
    let pairs = stride(from: 0, to: 64, by: 2).map { index in
      let start = Self.hexadecimal.index(Self.hexadecimal.startIndex, offsetBy: index)
      return String(Self.hexadecimal[start...].prefix(2))
    }
    #expect(try PublicKeyPin.bytes(pairs.joined(separator: ":")) == plain)
  }

  @Test(
    "are refused when they are anything else",
    arguments: [
      "", "e3b0", hexadecimal + "00", String(hexadecimal.dropLast()) + "g", "sha256//" + hexadecimal,
      String(base64.dropLast()), "sha256//" + base64.dropLast(3) + "FV=", "sha1//" + base64,
      base64.replacing("+", with: "-"),
    ])
  func refused(text: String) {
    #expect(throws: UsageError.self) { try PublicKeyPin.bytes(text) }
  }

  @Test("that are malformed on a command line are bad usage that names the option")
  func commandLine() {
    let error = #expect(throws: UsageError.self) {
      try ProbeOptions.command.parse(["wss://localhost", "--pin", "xyz"])
    }
    #expect(error?.description.hasPrefix("--pin: expected a SHA-256") == true)
  }
}
