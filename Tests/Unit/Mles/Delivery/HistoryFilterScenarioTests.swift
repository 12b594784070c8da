import Testing

@testable import Mles

/// Random lives of a channel: after every message that arrives, the filter's answer is compared with the truth.
@Suite struct HistoryFilterScenarioTests {
  /// What happens on the channel.
  struct Life {
    var restarts = false
    /// Members that join again send the same header each time.
    var repeatedHeaders = false
  }

  /// Runs a channel and a client with a filter for `steps` steps, and returns the first wrong answer in words.
  private func run<let capacity: Int>(
    _ filter: consuming HistoryFilter<capacity>, limit: Int, seed: UInt64, steps: Int, _ life: Life
  ) -> String? {
    var random = SeededGenerator(seed: seed)
    var server = HistoryModel(limit: limit)
    var seen: Set<Int> = []
    var number = 0
    var now: UInt64 = 1_000_000
    let header = [UInt8](#"{"uid":"me","channel":"c"}"#)
    // How lively the members and the network are, different in each run.
    let chatter = Int.random(in: 1...30, using: &random)
    let breaks = Int.random(in: 1...6, using: &random)
    for step in 0..<steps {
      now += 1
      number += 1
      // Longer than the window only while no replay is on its way.
      if server.downlink.isEmpty, Int.random(in: 0..<50, using: &random) == 0 { now += 20_000 }
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<chatter:
        server.publish(Array("other \(number)".utf8))
      case 30..<33:
        let member = life.repeatedHeaders ? Int.random(in: 0..<3, using: &random) : number
        server.storeHeader(Array(#"{"uid":"m\#(member)","channel":"c"}"#.utf8))
      case 60..<(60 + breaks) where server.isConnected:
        server.breakConnection()
      case 66 where life.restarts:
        server.restart()
      case 67..<72 where !server.isConnected:
        filter.beginReplay(nowMilliseconds: now)
        server.join(header: header)
        filter.noteHeader(header.span)
      default:
        guard let entry = server.receive() else { continue }
        let isDuplicate = filter.isDuplicate(entry.payload.span, nowMilliseconds: now)
        let isSeen = entry.isHeader || !seen.insert(entry.serial).inserted
        if isDuplicate != isSeen {
          let text = String(decoding: entry.payload, as: UTF8.self)
          return "seed \(seed), step \(step): \(text) was \(isSeen ? "delivered again" : "lost")"
        }
      }
    }
    return nil
  }

  @Test(arguments: 0..<60)
  func everyMessageIsDeliveredExactlyOnce(seed: UInt64) {
    #expect(run(HistoryFilter<120>(), limit: 40, seed: seed, steps: 3000, Life()) == nil)
  }

  // Equal payloads can be told apart by their number as long as the history was not overrun.
  @Test(arguments: 0..<50)
  func alsoWhenMembersComeBackWithTheSameHeader(seed: UInt64) {
    #expect(run(HistoryFilter<1000>(), limit: 900, seed: seed, steps: 1500, Life(repeatedHeaders: true)) == nil)
  }

  @Test(arguments: 0..<60)
  func alsoWhenTheServerLosesItsHistory(seed: UInt64) {
    #expect(run(HistoryFilter<120>(), limit: 40, seed: seed, steps: 3000, Life(restarts: true)) == nil)
  }

  @Test(arguments: 0..<10)
  func alsoWithTheDefaultSizes(seed: UInt64) {
    #expect(run(DefaultHistoryFilter(), limit: 200, seed: seed, steps: 6000, Life(restarts: true)) == nil)
  }

  @Test(arguments: 0..<20)
  func alsoWhenTheServerKeepsLessThanTheFilter(seed: UInt64) {
    #expect(run(HistoryFilter<100>(), limit: 7, seed: seed, steps: 3000, Life(restarts: true)) == nil)
  }
}
