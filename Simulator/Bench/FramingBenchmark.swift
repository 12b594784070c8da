/// What one size of payload costs, in nanoseconds a message: the smallest of several runs.
public struct FramingMeasurement: Equatable, Sendable {
  /// The size of the payload, in bytes.
  public var payloadBytes: Int
  /// `memcpy` of the payload, called through a pointer.
  public var memcpyNanoseconds: Double
  /// `out[i] = in[i] ^ key[i & 3]`, one byte at a time.
  public var byteLoopNanoseconds: Double
  /// A client's frame: header, and payload masked into the output.
  public var encodeNanoseconds: Double
  /// The same frame at a server: header parsed and payload unmasked.
  public var decodeNanoseconds: Double
  /// Whether `Connection` was measured (queue, events, message assembly), or its parts on the caller's memory:
  /// `FrameHeader` and `Masking`.
  public var isWholeConnection: Bool

  /// Bytes of payload in a nanosecond, which is GB/s.
  public func gigabytesPerSecond(_ nanoseconds: Double) -> Double { Double(payloadBytes) / nanoseconds }

  /// Whether the goals are met: from 1 KiB on at least `minimumByteLoopFactor` times the byte loop, and at 32 bytes at
  /// most `maximumMemcpyFactor` times `memcpy`, in both directions. They are set for framing itself.
  public var meetsGoal: Bool {
    if isWholeConnection { return true }
    let slowest = max(encodeNanoseconds, decodeNanoseconds)
    if payloadBytes >= 1024 { return byteLoopNanoseconds >= Self.minimumByteLoopFactor * slowest }
    if payloadBytes == 32 { return slowest <= Self.maximumMemcpyFactor * memcpyNanoseconds }
    return true
  }

  /// From 1 KiB on: so many times as fast as the byte loop.
  public static let minimumByteLoopFactor = 8.0
  /// At 32 bytes: at most so many times the time of `memcpy`.
  public static let maximumMemcpyFactor = 10.0
}

/// Measures framing at 32 B, 125 B, 1 KiB, 16 KiB and 1 MiB, and for comparison a whole `Connection`, which is generic over
/// its capacities and here, in another module, not specialised for them (about 4 s). The figures mean something in a release build
/// only.
func measureFraming() -> [FramingMeasurement] {
  [32, 125, 1024, 16_384, 1_048_576].map(measureParts) + [32, 125, 1024, 16_384].map(measureConnection)
}

/// The measurements as lines of text, with the goals behind them.
func framingTable(_ measurements: [FramingMeasurement]) -> [String] {
  var lines = [
    tableLine(["payload", "memcpy", "byte loop", "encode+mask", "decode+unmask", "x loop", "x memcpy"]) + "  measured"
  ]
  for row in measurements {
    let slowest = max(row.encodeNanoseconds, row.decodeNanoseconds)
    let times = [row.memcpyNanoseconds, row.byteLoopNanoseconds, row.encodeNanoseconds, row.decodeNanoseconds]
    let cells = times.map { "\(decimal($0)) ns \(padded(decimal(row.gigabytesPerSecond($0)), 5)) GB/s" }
    lines.append(
      tableLine(
        ["\(row.payloadBytes) B"] + cells
          + [decimal(row.byteLoopNanoseconds / slowest), decimal(slowest / row.memcpyNanoseconds)])
        + (row.isWholeConnection ? "  Connection" : "  FrameHeader, Masking")
        + (row.meetsGoal ? "" : "  GOAL MISSED"))
  }
  let isMet = measurements.allSatisfy(\.meetsGoal)
  lines.append(
    "goals: from 1 KiB at least \(decimal(FramingMeasurement.minimumByteLoopFactor)) times as fast as the byte loop, "
      + "at 32 B at most \(decimal(FramingMeasurement.maximumMemcpyFactor)) times memcpy: \(isMet ? "met" : "MISSED")")
  return lines
}

private func tableLine(_ cells: [String]) -> String {
  let widths = [9, 23, 23, 23, 23, 8, 9]
  return zip(cells, widths).map { padded($0, $1) }.joined()
}

/// One digit behind the point.
private func decimal(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

private func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}
