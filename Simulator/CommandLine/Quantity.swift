/// Numbers as people write them on a command line.
enum Quantity {
  /// A whole number, decimal, within `range`.
  static func integer(_ text: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
    guard let value = Int(text), range.contains(value), !text.hasPrefix("+") else {
      throw UsageError("expected a number \(rangeText(range)), got \(quoted(text))")
    }
    return value
  }

  /// Bytes: `4096`, `64K`, `16M`, `1G`, in powers of 1024.
  static func bytes(_ text: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
    let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let factor = text.last.flatMap { factors[Character($0.uppercased())] }
    let digits = factor == nil ? text[...] : text.dropLast()
    guard isDigits(digits), let number = Int(digits),
      case let (value, overflow) = number.multipliedReportingOverflow(by: factor ?? 1), !overflow,
      range.contains(value)
    else {
      let (low, high) = (bytesText(range.lowerBound), bytesText(range.upperBound))
      throw UsageError("expected a number of bytes from \(low) to \(high), such as 64K or 8M, got \(quoted(text))")
    }
    return value
  }

  /// A time in milliseconds: `500ms`, `2s`, `1.5`, `1m`, `1h`; without a unit, seconds.
  static func duration(_ text: String, in range: ClosedRange<UInt64>) throws(UsageError) -> UInt64 {
    guard let value = milliseconds(text), range.contains(value) else {
      let (low, high) = (durationText(range.lowerBound), durationText(range.upperBound))
      throw UsageError("expected a time from \(low) to \(high), such as 500ms, 2s or 1m, got \(quoted(text))")
    }
    return value
  }

  /// The shortest exact form: 90000 is `90s`, 60000 is `1m`, 0 is `0s`.
  static func durationText(_ milliseconds: UInt64) -> String {
    if milliseconds == 0 { return "0s" }
    if milliseconds.isMultiple(of: 3_600_000) { return "\(milliseconds / 3_600_000)h" }
    if milliseconds.isMultiple(of: 60_000) { return "\(milliseconds / 60_000)m" }
    if milliseconds.isMultiple(of: 1000) { return "\(milliseconds / 1000)s" }
    return "\(milliseconds)ms"
  }

  /// The shortest exact form: 8388608 is `8M`.
  static func bytesText(_ bytes: Int) -> String {
    for (shift, unit) in [(30, "G"), (20, "M"), (10, "K")] where bytes > 0 && bytes.isMultiple(of: 1 << shift) {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }

  private static func rangeText(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func milliseconds(_ text: String) -> UInt64? {
    let units: [(String, UInt64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    let unit = units.first { text.hasSuffix($0.0) } ?? ("", 1000)
    let parts = text.dropLast(unit.0.count).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, isDigits(whole), let number = UInt64(whole) else { return nil }
    let (base, overflow) = number.multipliedReportingOverflow(by: unit.1)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return base }
    // Six places are exact in 64 bits for every unit; below a millisecond nothing is kept.
    guard isDigits(parts[1]), parts[1].count <= 6, let fraction = UInt64(parts[1]) else { return nil }
    var scale: UInt64 = 1
    for _ in 0..<parts[1].count { scale *= 10 }
    let (sum, sumOverflow) = base.addingReportingOverflow(fraction * unit.1 / scale)
    return sumOverflow ? nil : sum
  }
}
