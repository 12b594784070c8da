import Testing

@testable import Mles

@Suite struct BackoffTests {
  @Test func theUpperBoundDoublesFromTheBaseToTheCap() {
    var backoff = Backoff()
    var ceilings: [UInt32] = []
    for _ in 0..<10 {
      ceilings.append(backoff.ceilingMilliseconds)
      _ = backoff.nextDelayMilliseconds(random: 0)
    }
    #expect(ceilings == [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  }

  @Test func everyDelayIsWithinItsBoundsHoweverManyAttempts() {
    var backoff = Backoff()
    var random = SeededGenerator(seed: 7)
    for attempt in 0..<100_000 {
      let ceiling = backoff.ceilingMilliseconds
      let bits = [0, UInt32.max, UInt32.random(in: 0...UInt32.max, using: &random)][attempt % 3]
      let delay = backoff.nextDelayMilliseconds(random: bits)
      #expect(delay >= 100 && delay < ceiling && ceiling <= 60_000)
    }
    #expect(backoff.attemptCount == 100_000)
  }

  @Test func theSmallestAndTheLargestRandomNumberGiveTheEndsOfTheInterval() {
    var low = Backoff()
    var high = Backoff()
    for expected: UInt32 in [499, 999, 1999] {
      #expect(low.nextDelayMilliseconds(random: 0) == 100)
      #expect(high.nextDelayMilliseconds(random: .max) == expected)
    }
  }

  @Test func delaysAreSpreadEvenlyOverTheInterval() {
    var random = SeededGenerator(seed: 8)
    var backoff = Backoff()
    for _ in 0..<7 { _ = backoff.nextDelayMilliseconds(random: 0) }
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<20_000 {
      let delay = backoff.nextDelayMilliseconds(random: UInt32.random(in: 0...UInt32.max, using: &random))
      counts[Int(delay - 100) * 10 / 59_900] += 1
    }
    // 2,000 expected in each tenth; the standard deviation is 42.
    for count in counts { #expect(count > 1790 && count < 2210) }
  }

  @Test func resetStartsAgainWithTheBase() {
    var backoff = Backoff()
    for _ in 0..<20 { _ = backoff.nextDelayMilliseconds(random: .max) }
    backoff.reset()
    #expect(backoff == Backoff())
    #expect(backoff.nextDelayMilliseconds(random: .max) == 499)
  }

  @Test(arguments: [
    BackoffParameters(baseMilliseconds: 0, capMilliseconds: 0, minimumMilliseconds: 0),
    BackoffParameters(baseMilliseconds: 0, capMilliseconds: 60_000, minimumMilliseconds: 0),
    BackoffParameters(baseMilliseconds: 5000, capMilliseconds: 100, minimumMilliseconds: 1000),
    BackoffParameters(baseMilliseconds: 1, capMilliseconds: .max, minimumMilliseconds: 0),
    BackoffParameters(baseMilliseconds: .max, capMilliseconds: .max, minimumMilliseconds: .max),
    BackoffParameters(baseMilliseconds: .max, capMilliseconds: .max, minimumMilliseconds: 1),
    BackoffParameters(baseMilliseconds: 3, capMilliseconds: 0x8000_0001, minimumMilliseconds: 0),
  ])
  func anyParametersGiveDelaysAboveZeroAndUpToTheCap(parameters: BackoffParameters) {
    var backoff = Backoff(parameters)
    for attempt in 0..<200 {
      let bits: UInt32 = attempt % 2 == 0 ? .max : 0
      let delay = backoff.nextDelayMilliseconds(random: bits)
      #expect(delay >= 1 && delay <= max(1, parameters.capMilliseconds))
    }
  }
}
