import Testing

@testable import Simulator

@Suite("World: the same again from the same seed")
struct WorldTests {
  private func settings(_ profile: WorldFaultProfile, seed: UInt64 = 1, index: Int = 0) -> WorldSettings {
    WorldSettings(
      seed: seed, index: index, nodeCount: 3, milliseconds: 1_800_000, profile: profile,
      key: index == 1 ? Secret(copying: Array("sekrit".utf8).span) : nil)
  }

  @Test("no rule is broken, whatever goes wrong", arguments: WorldFaultProfile.all.map(\.name))
  func profiles(name: String) throws {
    let profile = try #require(WorldFaultProfile.named(name))
    let result = try WorldResult.run(settings(profile, index: 1))
    #expect(result.failure == nil, "\(result.failure?.violation as Any)")
    #expect(result.totals.relayed > 0 && result.totals.delivered > 0)
  }

  @Test("two runs are the same to the last event, two seeds are not")
  func determinism() throws {
    let first = try WorldResult.run(settings(.everything))
    let second = try WorldResult.run(settings(.everything))
    #expect(first.digest == second.digest && first.totals == second.totals)
    #expect(first.recordCount == second.recordCount)
    #expect(try WorldResult.run(settings(.everything, seed: 2)).digest != first.digest)
    #expect(try WorldResult.run(settings(.everything, index: 3)).digest != first.digest)
  }

  @Test("a trace tells what the ring kept of it, in words")
  func trace() throws {
    var lines: [String] = []
    let result = try WorldResult.run(settings(.mild), onRecord: { lines.append($0) })
    #expect(lines.count == result.recordCount)
    #expect(lines.contains { $0.hasSuffix("  node-0  accepted: boot, sequence 1 0") })
    let trace = Trace(clientCount: 1)
    for number in 0..<Trace.recordCountMax + 10 { trace.note(.published, 0, at: UInt64(number), number) }
    #expect(trace.recent(0).map(\.first) == (10..<Int64(Trace.recordCountMax) + 10).map { $0 })
  }

  @Test("a run is cut into worlds, all nodes and hours in them")
  func plan() {
    let plan = WorldPlan(seed: 9, hours: 120, nodes: 45, profile: .mild)
    #expect(plan.worldCount == 9)
    let worlds = (0..<plan.worldCount).map { plan.settings($0) }
    #expect(worlds.reduce(0) { $0 + $1.nodeCount * Int($1.milliseconds / 3_600_000) } == 45 * 120)
    #expect(Set(worlds.map(\.worldSeed)).count == 9)
  }

  @Test("what the checkers read out of a reading")
  func readingText() throws {
    let good = Array(#"{"uid":"node-12","boot":4294967295,"seq":7,"time":1}"#.utf8)
    let parsed = ReadingText(good.span)
    let text = try #require(parsed)
    #expect(text.node == 12 && text.bootCount == .max && text.sequence == 7)
    for bad in [
      "", "{}", #"{"uid":"board","boot":1,"seq":1,"#, #"{"uid":"node-1","boot":4294967296,"seq":1,"#,
      #"{"uid":"node-1","boot":1,"seq":1"#, #"{"uid":"node-1","boot":,"seq":1,"#,
    ] {
      let bytes = Array(bad.utf8)
      let refused = ReadingText(bytes.span) == nil
      #expect(refused, "\(bad)")
    }
  }
}
