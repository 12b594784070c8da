import Testing

@testable import Simulator

/// The verdict and the table; the measuring itself belongs into a release build.
@Suite struct FramingBenchmarkTests {
  private func row(_ bytes: Int, copy: Double = 2, loop: Double = 800, encode: Double, decode: Double)
    -> FramingMeasurement
  {
    FramingMeasurement(
      payloadBytes: bytes, memcpyNanoseconds: copy, byteLoopNanoseconds: loop, encodeNanoseconds: encode,
      decodeNanoseconds: decode, isWholeConnection: false)
  }

  @Test("From 1 KiB on the slower direction must be 8 times as fast as the byte loop")
  func byteLoop() {
    for bytes in [1024, 16_384, 1_048_576] {
      #expect(row(bytes, encode: 100, decode: 100).meetsGoal)
      #expect(!row(bytes, encode: 101, decode: 10).meetsGoal)
      #expect(!row(bytes, encode: 10, decode: 101).meetsGoal)
    }
  }

  @Test("At 32 bytes the slower direction may take 10 times memcpy; at 125 there is no goal")
  func memcpy() {
    #expect(row(32, encode: 20, decode: 20).meetsGoal)
    #expect(!row(32, encode: 20.1, decode: 5).meetsGoal)
    #expect(!row(32, encode: 5, decode: 20.1).meetsGoal)
    #expect(row(125, encode: 9000, decode: 9000).meetsGoal)
  }

  @Test("The table has a line a size, says what was measured, and names what missed its goal")
  func table() {
    let lines = framingTable([row(32, encode: 21, decode: 1), row(1_048_576, encode: 100, decode: 50)])
    #expect(lines.count == 4)
    #expect(lines[1].hasSuffix("10.5  FrameHeader, Masking  GOAL MISSED"))
    #expect(lines[2].hasSuffix("8.0     50.0  FrameHeader, Masking"))
    #expect(lines[2].contains("100.0 ns 10485.8 GB/s"))
    #expect(lines[3].hasSuffix("MISSED"))
    #expect(framingTable([row(32, encode: 2, decode: 2)]).last?.hasSuffix(": met") == true)
  }
}
