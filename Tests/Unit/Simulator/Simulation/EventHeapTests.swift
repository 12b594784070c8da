import Testing

@testable import Simulator

@Suite("Event heap: what comes next is certain")
struct EventHeapTests {
  @Test("events come out by time, and those of one moment as they went in")
  func order() {
    var heap = EventHeap()
    for (target, time) in [30, 10, 20, 10, 30, 10].enumerated() {
      heap.insert(.segment, at: UInt64(time), target: target)
    }
    var targets: [Int32] = []
    while let event = heap.removeFirst() { targets.append(event.target) }
    #expect(targets == [1, 3, 5, 2, 0, 4])
    #expect(heap.count == 0 && heap.first == nil)
  }

  @Test("like a sorted list, whatever goes in and out", arguments: 0..<20)
  func model(seed: UInt64) throws {
    var random = SimulationRandom(seed: seed, actor: 7)
    var heap = EventHeap()
    var model: [(time: UInt64, target: Int32)] = []
    for target in 0..<2_000 {
      if random.below(3) < 2 {
        let time = random.below(200 as UInt64)
        heap.insert(.finish, at: time, target: target)
        // A stable sort keeps those of one moment in their order.
        model.insert((time, Int32(target)), at: model.firstIndex { $0.time > time } ?? model.count)
      } else if !model.isEmpty {
        let expected = model.removeFirst()
        let event = heap.removeFirst()
        #expect(event?.timeMilliseconds == expected.time && event?.target == expected.target)
      }
      #expect(heap.count == model.count && heap.first?.timeMilliseconds == model.first?.time)
    }
  }
}

@Suite("Random numbers of a world")
struct SimulationRandomTests {
  private func numbers(_ seed: UInt64, _ actor: UInt64) -> [UInt64] {
    var random = SimulationRandom(seed: seed, actor: actor)
    return (0..<100).map { _ in random.next() }
  }

  @Test("the same seed and actor give the same numbers, any other seed or actor gives others")
  func streams() {
    #expect(numbers(1, 1) == numbers(1, 1))
    let all = [numbers(1, 1), numbers(1, 2), numbers(2, 1), numbers(0, 0)].flatMap { $0 }
    #expect(Set(all).count == all.count)
  }

  @Test("every number keeps to its range, and the ends are met")
  func ranges() {
    var random = SimulationRandom(seed: 3, actor: 4)
    let within = (0..<2_000).map { _ in random.within(5...9) }
    #expect(Set(within) == [5, 6, 7, 8, 9])
    let spread = (0..<5_000).map { _ in random.spread(100...5_000) }
    #expect(spread.allSatisfy { (100...5_000).contains($0) })
    #expect(spread.contains { $0 < 200 } && spread.contains { $0 > 4_000 })
    let fixed = [random.spread(7...7), random.spread(0...0), random.below(0 as UInt64)]
    #expect(fixed == [7, 0, 0])
    let certain = [random.chance(0), random.chance(1_000_000)]
    #expect(certain == [false, true])
  }
}
