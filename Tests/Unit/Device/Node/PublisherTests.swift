import Mles
import Testing

@testable import Device

@Suite("Publisher: when readings are due")
struct PublisherTests {
  @Test(
    "the first is due at once, the others at the interval, however irregular the calls",
    arguments: [
      1, 10, 1_000, 10_000,
    ] as [UInt32])
  func grid(interval: UInt32) {
    var random = SeededGenerator(seed: UInt64(interval))
    var publisher = Publisher(intervalMilliseconds: interval, limit: nil)
    var now: UInt64 = 777
    var made = 0
    var missed: UInt64 = 0
    #expect(publisher.isDue(now))
    while made < 2_000 {
      while publisher.isDue(now) {
        #expect(publisher.sequence == UInt32(made))
        missed += UInt64(publisher.advance(now))
        made += 1
      }
      // Never more than what can be made up for.
      now += UInt64.random(in: 0...UInt64(interval) * 20, using: &random)
    }
    let slots = (now - 777) / UInt64(interval) + 1
    #expect(missed == 0)
    #expect(made <= slots && made + 21 >= slots)
    #expect(publisher.dueMilliseconds == 777 + UInt64(made) * UInt64(interval))
  }

  @Test("32 readings behind the next are made up for, more are missed and counted, none is both or neither")
  func catchUp() {
    for late in [0, 1, 31, 32, 33, 34, 100, 100_000] as [UInt64] {
      var publisher = Publisher(intervalMilliseconds: 10, limit: nil)
      _ = publisher.advance(0)
      let now = 10 + late * 10 + 5
      var made: UInt64 = 0
      var missed: UInt64 = 0
      while publisher.isDue(now) {
        missed += UInt64(publisher.advance(now))
        made += 1
      }
      #expect(made + missed == late + 1)
      #expect(made <= 34)
      #expect((missed > 0) == (late > 33))
      #expect(publisher.dueMilliseconds == now + 5)
    }
  }

  @Test("an interval of 0 is one of 1 ms")
  func zero() {
    var publisher = Publisher(intervalMilliseconds: 0, limit: nil)
    _ = publisher.advance(5)
    #expect(!publisher.isDue(5) && publisher.isDue(6))
  }

  @Test("a limit ends it", arguments: [0, 1, 3] as [UInt32])
  func limit(limit: UInt32) {
    var publisher = Publisher(intervalMilliseconds: 10, limit: limit)
    var made: UInt32 = 0
    for now in 0..<1_000 as Range<UInt64> where publisher.isDue(now) {
      _ = publisher.advance(now)
      made += 1
    }
    #expect(made == limit && publisher.isFinished)
  }

  @Test("what could not be measured uses up no number")
  func skip() {
    var publisher = Publisher(intervalMilliseconds: 10, limit: 5)
    _ = publisher.advance(0)
    publisher.skip(10)
    #expect(publisher.sequence == 1)
    #expect(publisher.dueMilliseconds == 20)
    publisher.skip(95)
    #expect(publisher.dueMilliseconds == 105)
  }

  @Test("the largest interval and the largest time do no harm")
  func extremes() {
    var publisher = Publisher(intervalMilliseconds: .max, limit: nil)
    _ = publisher.advance(.max)
    _ = publisher.advance(0)
    publisher.skip(.max)
    _ = publisher.isDue(.max)
  }

  @Test(
    "the node makes exactly the readings of its time",
    arguments: [
      (1, 2_000), (10, 20_000), (1_000, 100_000), (10_000, 1_000_000),
    ] as [(UInt32, UInt64)])
  func node(interval: UInt32, duration: UInt64) throws {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = interval
    let rig = try NodeRig(configuration: configuration)
    rig.run(for: duration)
    #expect(UInt64(rig.statistics.published) == duration / UInt64(interval) + 1)
    #expect(rig.statistics.missed == 0)
  }

  @Test("a sensor slower than the interval gives its own pace, and the rest is counted as missed")
  func slowSensor() throws {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = 1
    let rig = try NodeRig(configuration: configuration)
    rig.sensor.durationMilliseconds = 16
    rig.run(for: 16_000)
    #expect(rig.statistics.published >= 900 && rig.statistics.published <= 1_001)
    let slots = 16_000 - 16
    let made = Int(rig.statistics.published) + Int(rig.statistics.missed)
    #expect(made <= slots + 1 && made >= slots - 64)
  }

  @Test("the node makes up for a late call, and counts what it cannot")
  func lateNode() throws {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = 100
    configuration.overflow = .refuseNewest
    let rig = try NodeRig(configuration: configuration)
    try rig.join()
    rig.run(for: 950)
    let before = rig.statistics
    rig.time.now += 2_000
    rig.run(for: 0)
    #expect(rig.statistics.published + rig.statistics.refused - before.published == 20)
    rig.time.now += 10_000
    rig.run(for: 0)
    #expect(rig.statistics.missed >= 98)
    let readings = rig.statistics.published + rig.statistics.refused + rig.statistics.missed
    #expect(UInt64(readings) == (rig.time.now - 5_000) / 100 + 1)
  }
}
