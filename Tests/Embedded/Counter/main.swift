// The counter-test of the no-heap proof: a program that does allocate, and must be caught.
@_extern(c, "proof_input") func proofInput() -> UInt32
@_extern(c, "proof_output") func proofOutput(_ byte: UInt32)

@main struct Allocates {
  static func main() {
    var numbers: [UInt32] = []
    while proofInput() != 0 { numbers.append(proofInput()) }
    for number in numbers { proofOutput(number) }
  }
}
