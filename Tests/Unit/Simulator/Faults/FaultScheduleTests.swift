import Testing

@testable import Simulator

@Suite struct FaultScheduleTests {
  private struct Moment: Equatable {
    let fault: FaultSchedule.Fault
    let milliseconds: UInt64
  }

  private func moments(_ faults: String, seed: UInt64, hours: UInt64 = 10) throws -> [Moment] {
    var schedule = FaultSchedule(try FaultProfile(faults), seed: seed, startMilliseconds: 5000)
    var found: [Moment] = []
    while let next = schedule.nextMilliseconds, next <= 5000 + hours * 3_600_000, let fault = schedule.takeDue(next) {
      found.append(Moment(fault: fault, milliseconds: next))
    }
    return found
  }

  @Test func nothingIsScheduledWithoutRates() throws {
    #expect(FaultSchedule(try FaultProfile("loss=2%"), seed: 1, startMilliseconds: 0).nextMilliseconds == nil)
  }

  @Test func theSameSeedGivesTheSameMoments() throws {
    let first = try moments("reset=1/min cut=1/5min", seed: 7)
    #expect(first == (try moments("reset=1/min cut=1/5min", seed: 7)))
    #expect(first != (try moments("reset=1/min cut=1/5min", seed: 8)))
    #expect(zip(first, first.dropFirst()).allSatisfy { $0.milliseconds <= $1.milliseconds })
  }

  @Test func resetsStayWhereTheyAreWhenCutsAreAdded() throws {
    let alone = try moments("reset=1/min", seed: 7)
    #expect(alone == (try moments("reset=1/min cut=3/min", seed: 7)).filter { $0.fault == .reset })
  }

  @Test func askedLateItGivesTheSameFaultsInOrder() throws {
    var schedule = FaultSchedule(try FaultProfile("reset=1/min cut=1/min"), seed: 3, startMilliseconds: 5000)
    var late: [FaultSchedule.Fault] = []
    while let fault = schedule.takeDue(5000 + 36_000_000) { late.append(fault) }
    #expect(late == (try moments("reset=1/min cut=1/min", seed: 3)).map(\.fault))
    #expect(try #require(schedule.nextMilliseconds) > 5000 + 36_000_000)
  }

  /// The mean of n gaps of a Poisson process is within 4/sqrt(n) of the rate's, but for one seed in 15,000.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func gapsAreThoseOfAPoissonProcess(seed: UInt64) throws {
    let found = try moments("reset=1/min", seed: seed, hours: 200).map { Double($0.milliseconds) }
    let gaps = zip(found, found.dropFirst()).map { $1 - $0 }
    let (mean, limit) = (gaps.reduce(0, +) / Double(gaps.count), 4 / Double(gaps.count).squareRoot())
    #expect(abs(mean / 60_000 - 1) < limit)
    // A gap is longer than the mean with a probability of 1/e, and longer than three means with one of 1/e^3.
    #expect(abs(Double(gaps.count { $0 > 60_000 }) / Double(gaps.count) - 0.368) < limit)
    #expect(abs(Double(gaps.count { $0 > 180_000 }) / Double(gaps.count) - 0.050) < limit / 2)
  }
}
