import Testing

@testable import Simulator

@Suite struct FaultProfileTests {
  @Test func theExampleOfTheHelpTextIsRead() throws {
    let profile = try FaultProfile("latency=80±40ms loss=2% reset=1/min cut=1/5min down=10s/2min")
    #expect(profile.latencyMilliseconds == 40...120)
    #expect(profile.lossPer100000 == 2000)
    #expect(profile.reset == .init(count: 1, periodMilliseconds: 60_000))
    #expect(profile.cut == .init(count: 1, periodMilliseconds: 300_000))
    #expect(profile.outage == .init(durationMilliseconds: 10_000, periodMilliseconds: 120_000))
  }

  @Test(
    arguments: [
      ("latency=80ms", 80...80), ("latency=80±40ms", 40...120), ("latency=80+-40ms", 40...120),
      ("latency=80ms±40ms", 40...120), ("latency=1s±500ms", 500...1500), ("latency=1.5±1s", 500...2500),
      ("latency=2", 2000...2000), ("latency=0ms", 0...0), ("latency=30s±30s", 0...60_000),
    ] as [(String, ClosedRange<UInt64>)])
  func latencyIsATimeWithOrWithoutASpread(text: String, expected: ClosedRange<UInt64>) throws {
    #expect(try FaultProfile(text).latencyMilliseconds == expected)
  }

  @Test(
    arguments: [("loss=0%", 0), ("loss=0.001%", 1), ("loss=2.5%", 2500), ("loss=90%", 90_000)] as [(String, UInt32)])
  func lossIsAPercentage(text: String, expected: UInt32) throws {
    #expect(try FaultProfile(text).lossPer100000 == expected)
  }

  @Test(
    arguments: [
      ("reset=1/min", 1, 60_000), ("reset=3/h", 3, 3_600_000), ("reset=1/30s", 1, 30_000), ("reset=2/5min", 2, 300_000),
      ("reset=1/1m", 1, 60_000), ("reset=10/s", 10, 1000), ("reset=1/100ms", 1, 100), ("reset=1/24h", 1, 86_400_000),
    ] as [(String, Int, UInt64)])
  func aRateIsANumberInATime(text: String, count: Int, periodMilliseconds: UInt64) throws {
    #expect(try FaultProfile(text).reset == .init(count: count, periodMilliseconds: periodMilliseconds))
  }

  @Test func commasSeparateToo() throws {
    #expect(try FaultProfile("loss=2%,cut=1/h") == FaultProfile(" cut=1/h  loss=2% "))
  }

  @Test(
    arguments: [
      ("", "expected faults such as 'latency=80ms loss=2%', got ''"),
      (" , ", "expected faults such as 'latency=80ms loss=2%', got ' , '"),
      ("cut", "expected NAME=VALUE, got 'cut'"),
      ("lag=1s", "expected latency, loss, reset, cut or down, got 'lag'"),
      ("los=1%", "expected latency, loss, reset, cut or down, got 'los'; did you mean loss?"),
      ("=1s", "expected latency, loss, reset, cut or down, got ''"),
      ("cut=1/h loss=1% cut=1/h", "cut is given more than once"),
      ("latency=", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got ''"),
      ("latency=80", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got '80'"),
      ("latency=31s", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got '31s'"),
      ("latency=-1s", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got '-1s'"),
      ("latency=1min", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got '1min'"),
      ("latency=80±ms", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got 'ms'"),
      ("latency=±40ms", "latency: expected a time from 0s to 30s, such as 500ms, 2s or 1m, got ''"),
      ("latency=80±90ms", "latency: expected a spread of at most 80ms, got '80±90ms'"),
      ("loss=2", "loss: expected a percentage from 0% to 90%, got '2'"),
      ("loss=%", "loss: expected a percentage from 0% to 90%, got '%'"),
      ("loss=-1%", "loss: expected a percentage from 0% to 90%, got '-1%'"),
      ("loss=90.001%", "loss: expected a percentage from 0% to 90%, got '90.001%'"),
      ("loss=99999999999999%", "loss: expected a percentage from 0% to 90%, got '99999999999999%'"),
      ("reset=1", "reset: expected N/TIME, such as 1/min or 3/2h, got '1'"),
      ("reset=1/2/3", "reset: expected N/TIME, such as 1/min or 3/2h, got '1/2/3'"),
      ("reset=0/min", "reset: expected a number from 1 to 864000, got '0'"),
      ("reset=0.5/min", "reset: expected a number from 1 to 864000, got '0.5'"),
      ("reset=1/day", "reset: expected a time from 100ms to 24h, such as 500ms, 2s or 1m, got 'day'"),
      ("reset=1/0s", "reset: expected a time from 100ms to 24h, such as 500ms, 2s or 1m, got '0s'"),
      ("reset=1/25h", "reset: expected a time from 100ms to 24h, such as 500ms, 2s or 1m, got '25h'"),
      ("cut=11/s", "cut: expected at least 100ms from one to the next, got '11/s'"),
      ("down=10s", "down: expected TIME/TIME, such as 10s/2min, got '10s'"),
      ("down=2min/2min", "down: expected a time shorter than 2m, got '2min'"),
      ("down=0s/min", "down: expected a time from 100ms to 24h, such as 500ms, 2s or 1m, got '0s'"),
    ])
  func whatMakesNoSenseIsRefusedWithWhatWasExpected(text: String, message: String) {
    #expect(throws: UsageError(message)) { try FaultProfile(text) }
  }

  @Test func theCommandLineNamesItsOption() throws {
    #expect(throws: UsageError("--faults: cut is given more than once")) {
      try RunOptions.command.parse(["--faults", "cut=1/h cut=1/h"])
    }
    #expect(try profile(of: ["--faults=loss=1%"])?.lossPer100000 == 1000)
    #expect(try profile(of: []) == nil)
  }

  private func profile(of arguments: [String]) throws -> FaultProfile? {
    guard case .run(let parsed) = try RunOptions.command.parse(arguments) else { return nil }
    return parsed[RunOptions.faults]
  }
}
