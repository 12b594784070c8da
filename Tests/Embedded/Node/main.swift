// The minimal node of the no-heap proof: it only has to link, and to reach the code that a device runs.
import Bytes

/// Keeps the optimiser from proving that nothing is observed: defined in `sink.c`.
@_extern(c, "proof_input") func proofInput() -> UInt32
@_extern(c, "proof_output") func proofOutput(_ byte: UInt32)

@main struct MinimalNode {
  static func main() {
    while true {
      var buffer = ByteBuffer<64>()
      write(UInt64(truncatingIfNeeded: proofInput()), into: &buffer)
      let bytes = buffer.bytes
      for index in bytes.indices { proofOutput(UInt32(bytes[index])) }
    }
  }

  static func write(_ number: UInt64, into buffer: inout ByteBuffer<64>) {
    var writer = ByteWriter(buffer.space)
    writer.append(decimal: number)
    writer.append(fixedPoint: Int32(truncatingIfNeeded: number), fractionDigits: 3)
    do throws(CapacityError) {
      buffer.commit(try writer.finish())
    } catch {
      proofOutput(UInt32(truncatingIfNeeded: error.requiredBytes))
    }
  }
}
