/// `mles-sim bench`.
enum BenchOptions {
  static let sizes = CommandOption<Bool>.flag(
    "--sizes", help: "Print the sizes of the state structures with their default capacities instead.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "bench", summary: "measures framing and masking beside memcpy and a byte-by-byte loop",
    notes: ["Build with 'swift build -c release'; the figures of a debug build mean nothing."],
    groups: [.init("Run", [sizes.declaration])])
}
