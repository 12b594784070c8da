extension FaultProfile {
  /// The longest latency taken.
  static let latencyMillisecondsMax: UInt64 = 30_000
  /// The most segments of 100,000 that can be lost at a try: beyond it TCP does not get through either.
  static let lossPer100000Max: UInt32 = 90_000
  /// The longest time in which faults are counted.
  static let periodMillisecondsMax: UInt64 = 86_400_000
  /// The shortest mean time between two faults of a kind: no connection is made in less.
  static let meanMillisecondsMin: UInt64 = 100

  private static let names = ["latency", "loss", "reset", "cut", "down"]

  /// What there is to say of each, for the help text.
  static let help: KeyValuePairs<String, String> = [
    "latency=A±B":
      "Bytes are under way for a random time between A-B and A+B, in each direction; order is kept. A+-B is "
      + "the same, A alone means no spread.",
    "loss=P%": "So many segments are lost. TCP sends them again after 200ms, then 400ms and so on up to 1m, and all "
      + "behind them wait.",
    "reset=N/TIME": "A board's connection ends by RST, for both sides, on average N times in TIME, such as 1/min. What "
      + "is under way is lost.",
    "cut=N/TIME": "A board's connection goes dead: nothing passes any more, and nobody is told. The server keeps it, "
      + "up to \(FaultyNetwork<LinuxSocket>.keptMilliseconds / 1000) s after the board has given it up.",
    "down=A/TIME": "Nothing passes for the last A of each TIME, such as 10s/2min; then what was lost is sent again.",
  ]

  /// Reads `latency=80±40ms loss=2% reset=1/min cut=1/5min down=10s/2min`: any of them, in any order.
  public init(_ text: String) throws(UsageError) {
    let parts = text.split { $0 == " " || $0 == "," }
    guard !parts.isEmpty else {
      throw UsageError("expected faults such as 'latency=80ms loss=2%', got \(quoted(text))")
    }
    var given: Set<String> = []
    for part in parts {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else { throw UsageError("expected NAME=VALUE, got \(quoted(String(part)))") }
      let name = pair[0]
      guard given.insert(name).inserted else { throw UsageError("\(name) is given more than once") }
      do {
        try set(name, pair[1])
      } catch {
        throw Self.names.contains(name) ? UsageError("\(name): \(error.description)") : error
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) throws(UsageError) {
    switch name {
    case "latency": latencyMilliseconds = try Self.latency(value)
    case "loss": lossPer100000 = try Self.loss(value)
    case "reset": reset = try Self.rate(value)
    case "cut": cut = try Self.rate(value)
    case "down": outage = try Self.outage(value)
    default:
      let hint = suggestion(for: name, among: Self.names) ?? ""
      throw UsageError("expected latency, loss, reset, cut or down, got \(quoted(name))\(hint)")
    }
  }

  /// `80ms`, `80±40ms` or `80+-40ms`.
  private static func latency(_ text: String) throws(UsageError) -> ClosedRange<UInt64> {
    guard let sign = text.firstRange(of: "±") ?? text.firstRange(of: "+-") else {
      let time = try Quantity.duration(text, in: 0...latencyMillisecondsMax)
      return time...time
    }
    let spreadText = String(text[sign.upperBound...])
    var middleText = String(text[..<sign.lowerBound])
    // `80±40ms`: the unit is written once.
    if middleText.last?.isNumber == true { middleText += spreadText.drop { !$0.isLetter } }
    let middle = try Quantity.duration(middleText, in: 0...latencyMillisecondsMax)
    let spread = try Quantity.duration(spreadText, in: 0...latencyMillisecondsMax)
    guard spread <= middle else {
      throw UsageError("expected a spread of at most \(Quantity.durationText(middle)), got \(quoted(text))")
    }
    return middle - spread...middle + spread
  }

  /// `2%`, `0.5%`.
  private static func loss(_ text: String) throws(UsageError) -> UInt32 {
    guard text.hasSuffix("%"), let thousandths = Decimal.thousandths(text.dropLast().utf8),
      let value = UInt32(exactly: thousandths), value <= lossPer100000Max
    else { throw UsageError("expected a percentage from 0% to \(lossPer100000Max / 1000)%, got \(quoted(text))") }
    return value
  }

  /// `1/min`, `3/h`, `1/30s`.
  private static func rate(_ text: String) throws(UsageError) -> Rate {
    let (countText, periodText) = try split(text, as: "N/TIME, such as 1/min or 3/2h")
    let rate = Rate(
      count: try Quantity.integer(countText, in: 1...Int(periodMillisecondsMax / meanMillisecondsMin)),
      periodMilliseconds: try period(periodText))
    guard rate.meanMilliseconds >= Double(meanMillisecondsMin) else {
      throw UsageError(
        "expected at least \(Quantity.durationText(meanMillisecondsMin)) from one to the next, got \(quoted(text))")
    }
    return rate
  }

  /// `10s/2min`.
  private static func outage(_ text: String) throws(UsageError) -> Outage {
    let (durationText, periodText) = try split(text, as: "TIME/TIME, such as 10s/2min")
    let period = try period(periodText)
    let duration = try Self.period(durationText)
    guard duration < period else {
      throw UsageError("expected a time shorter than \(Quantity.durationText(period)), got \(quoted(durationText))")
    }
    return Outage(durationMilliseconds: duration, periodMilliseconds: period)
  }

  private static func split(_ text: String, as form: String) throws(UsageError) -> (String, String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { throw UsageError("expected \(form), got \(quoted(text))") }
    return (parts[0], parts[1])
  }

  /// A time whose number may be left out when it is 1, and in which a minute may be `min`: `min`, `5min`, `30s`.
  private static func period(_ text: String) throws(UsageError) -> UInt64 {
    let short = text.hasSuffix("min") ? String(text.dropLast(2)) : text
    let isUnit = ["ms", "s", "m", "h"].contains(short)
    return try Quantity.duration(isUnit ? "1" + short : short, in: meanMillisecondsMin...periodMillisecondsMax)
  }
}
