import HAL
import Testing

@testable import Simulator

/// Latency, loss and outages: a stream that comes late, and whole.
@Suite struct DelayTests {
  private static let text = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func bytesArriveCompleteAndInOrderInBothDirections(seed: UInt64) throws {
    let world = try VirtualWorld("latency=80±80ms loss=20% down=1s/5s", seed: seed)
    try world.connect()
    let far = try world.far
    var random = SplitMix64(seed: seed, stream: 0)
    var (sent, supplied) = (0, 0)
    while sent < Self.text.count {
      let count = min(Int.random(in: 1...5000, using: &random), Self.text.count - sent)
      try world.write(Array(Self.text[sent..<sent + count]))
      sent += count
      far.unread += Self.text[supplied..<sent]
      supplied = sent
      try world.pass(UInt64.random(in: 0...50, using: &random))
    }
    try #require(try world.waitUntil { _ in far.received.count == sent && world.received.count == sent })
    #expect(far.received == Self.text)
    #expect(world.received == Self.text)
    #expect(world.network.counters.losses > 0)
    #expect(world.end == nil && !far.isClosed)
  }

  @Test func withoutLatencyBytesPassAtOnce() throws {
    let world = try VirtualWorld("reset=1/24h")
    let start = world.now
    try world.connect()
    try world.far.unread = [4]
    #expect(try world.socket.write([1, 2, 3].span) == 3)
    #expect(try world.far.received == [1, 2, 3])
    try world.waitUntil { $0.received == [4] }
    #expect(world.now == start)
  }

  @Test func eachDirectionTakesATimeWithinTheRange() throws {
    let world = try VirtualWorld("latency=80±40ms")
    try world.connect()
    let far = try world.far
    var (there, back): ([UInt64], [UInt64]) = ([], [])
    for _ in 0..<300 {
      var sent = world.now
      #expect(try world.socket.write([1].span) == 1)
      try #require(try world.waitUntil { _ in far.arrivals.count == there.count + 1 })
      there.append(far.arrivals[there.count] - sent)
      sent = world.now
      far.unread = [1]
      try #require(try world.waitUntil { $0.arrivals.count == back.count + 1 })
      back.append(world.arrivals[back.count] - sent)
    }
    for times in [there, back] {
      #expect(times.allSatisfy { (40...120).contains($0) })
      // 300 times from 81 values reach both ends within 10 ms, but for one seed in 10^17.
      #expect(times.contains { $0 <= 50 } && times.contains { $0 >= 110 })
    }
  }

  @Test func theConnectionTakesTheWayThereAndBack() throws {
    for seed in 1...50 as ClosedRange<UInt64> {
      let world = try VirtualWorld("latency=80±40ms", seed: seed)
      let start = world.now
      try world.open()
      #expect(try world.socket.status() == .connecting)
      #expect(world.kernel.ends.isEmpty, "the SYN is on its way")
      try #require(try world.waitUntil { !$0.kernel.ends.isEmpty })
      #expect((40...120).contains(world.now - start))
      #expect(try world.socket.status() == .connecting, "the answer is on its way")
      #expect(throws: SocketError.notConnected) { try world.socket.write([1].span) }
      try #require(try world.waitUntil { try $0.socket.status() == .connected })
      #expect((80...240).contains(world.now - start))
    }
  }

  @Test func aRefusalTakesTheWayThereAndBackToo() throws {
    let world = try VirtualWorld("latency=80ms")
    world.kernel.prepare = { $0.failure = .refused }
    let start = world.now
    try world.open()
    #expect(throws: SocketError.refused) { try world.waitUntil { try $0.socket.status() == .connected } }
    #expect(world.now - start == 160)
  }

  @Test func theNameIsLookedUpByTheWrappedSocket() throws {
    let world = try VirtualWorld("latency=80ms")
    world.kernel.prepare = { $0.status = .resolving }
    try world.open()
    try world.waitUntil(limit: 80) { try $0.socket.status() == .resolving }
    try world.pass(0)
    #expect(try world.socket.status() == .resolving)
    #expect(try world.far.wanted == (reading: true, writing: false))
    try world.far.status = .connecting
    #expect(try world.socket.status() == .connecting)
  }

  @Test func whatIsLostComesAfterARetransmissionTimeoutThatDoubles() throws {
    var transit = Transit(try FaultProfile("loss=60%"), seed: 1, startMilliseconds: 0)
    // 200 ms, then 400, 800 and so on, up to a minute.
    let timeouts = (0..<Transit.tryCountMax).map { min(200 << $0, 60_000) as UInt64 }
    let expected = timeouts.indices.map { timeouts[..<$0].reduce(0, +) }
    var counts: [UInt64: Int] = [:]
    for _ in 0..<10_000 { counts[transit.arrival(sentAtMilliseconds: 0), default: 0] += 1 }
    #expect(Set(counts.keys).subtracting([.max]).isSubset(of: expected))
    #expect(abs(counts[0, default: 0] - 4000) < 200)
    #expect(abs(counts[200, default: 0] - 2400) < 200)
    #expect(abs(counts[600, default: 0] - 1440) < 160)
    #expect(transit.takeLossCount() > 10_000)
    #expect(transit.takeLossCount() == 0)
  }

  @Test func aSegmentBehindALateOneIsSentAgainWhenThatArrives() throws {
    // Away from 60 to 70 s. The first of them comes by its timeouts, after 0.2, 0.6, 1.4, 3.0, 6.2 and 12.6 s.
    var transit = Transit(try FaultProfile("down=10s/70s"), seed: 1, startMilliseconds: 0)
    let first = transit.arrival(sentAtMilliseconds: 60_000)
    #expect(first == 72_600)
    // Those behind it, with timeouts of their own, would come up to 12.8 s later: 61.5 + 12.6 s.
    #expect(transit.arrival(sentAtMilliseconds: 61_500, behind: first) == first)
    #expect(transit.arrival(sentAtMilliseconds: 75_000, behind: first) == 75_000)
    #expect(transit.arrival(sentAtMilliseconds: 75_000, behind: .max) == .max)
  }

  @Test func theTimeoutIsAtMostAMinute() throws {
    // Away for a day, but for the first minute: every try fails.
    var transit = Transit(try FaultProfile("down=1439m/24h"), seed: 1, startMilliseconds: 0)
    #expect(transit.arrival(sentAtMilliseconds: 59_999) == 59_999)
    #expect(transit.arrival(sentAtMilliseconds: 60_000) == .max, "given up")
    // 0.2 + 0.4 + … + 51.2 s is 102.2 s; the tries after it come a minute apart.
    let lastTry: UInt64 = 86_400_000 - 102_200 - 60_000
    #expect(transit.arrival(sentAtMilliseconds: lastTry) == 86_400_000 + 60_000 - 60_000)
  }

  @Test func whatIsBehindALostSegmentWaitsForIt() throws {
    let world = try VirtualWorld("loss=50%", seed: 3)
    try world.connect()
    let far = try world.far
    let start = world.now
    for number in 0..<100 as Range<UInt8> { #expect(try world.socket.write([number].span) == 1) }
    #expect(far.received.count < 100)
    try #require(try world.waitUntil { _ in far.received.count == 100 })
    #expect(far.received == Array(0..<100))
    // Of those sent at one moment, each came with or after the one before it.
    #expect(far.arrivals == far.arrivals.sorted() && world.now - start >= 200)
  }

  @Test func nothingPassesWhileTheNetworkIsAway() throws {
    let world = try VirtualWorld("down=5s/20s")
    try world.connect()
    let (far, start) = (try world.far, world.now)
    try world.pass(14_999)
    #expect(try world.socket.write([1].span) == 1)
    #expect(far.received == [1])
    try world.pass(1)
    #expect(try world.socket.write([2].span) == 1)
    far.unread = [3]
    try #require(try world.waitUntil { $0.received == [3] && far.received == [1, 2] })
    // Tries at 0, 0.2, 0.6, 1.4, 3.0 and 6.2 s after the outage began.
    #expect(world.now - start == 15_000 + 6200)
  }

  @Test func noMoreThanAWindowIsOnItsWay() throws {
    let world = try VirtualWorld("latency=1s")
    try world.connect()
    let far = try world.far
    let block = [UInt8](repeating: 1, count: 100_000)
    #expect(try world.socket.write(block.span) == DelayLine.byteCountMax)
    #expect(try world.socket.write(block.span) == 0)
    far.unread = block
    try world.pass(999)
    #expect(far.received.isEmpty && world.received.isEmpty)
    #expect(far.unread.count >= 100_000 - DelayLine.byteCountMax)
    #expect(try world.socket.write(block.span) == 0)
    try world.pass(1)
    #expect(far.received.count == DelayLine.byteCountMax)
    #expect(try world.socket.write([2].span) == 1)
    try #require(try world.waitUntil { $0.received.count == 100_000 })
  }

  @Test func aWriterIsWokenWhenThereIsRoomAgain() throws {
    let world = try VirtualWorld("latency=1s")
    try world.connect()
    let start = world.now
    let block = [UInt8](repeating: 1, count: DelayLine.byteCountMax)
    #expect(try world.socket.write(block.span) == block.count)
    var interests = LoopInterests()
    world.socket.addInterests(to: &interests, reading: true, writing: true)
    #expect(interests.deadlineMilliseconds == start + 1000)
    try world.pass(1000)
    interests = LoopInterests()
    world.socket.addInterests(to: &interests, reading: true, writing: true)
    #expect(interests.deadlineMilliseconds == 0, "at once")
  }

  @Test func aKernelThatTakesNoMoreIsWaitedFor() throws {
    let world = try VirtualWorld("latency=1s")
    try world.connect()
    let far = try world.far
    far.room = 10
    try world.write(Array(0..<30))
    try world.pass(5000)
    #expect(far.received == Array(0..<10))
    #expect(far.wanted == (reading: true, writing: true))
    far.room = 100
    try world.pass(0)
    #expect(far.received == Array(0..<30))
    #expect(far.wanted == (reading: true, writing: false))
  }

  @Test func withoutANetworkASocketIsTheWrappedOne() throws {
    let kernel = VirtualKernel()
    var socket = FaultySocket(VirtualSocket(kernel))
    try socket.open(host: [0x78].span, port: 1)
    let end = try #require(kernel.ends.last)
    #expect(try socket.status() == .connected)
    #expect(try socket.write([1, 2].span) == 2)
    #expect(end.received == [1, 2])
    var interests = LoopInterests()
    socket.addInterests(to: &interests, reading: true, writing: true)
    #expect(end.wanted == (reading: true, writing: true))
    socket.close()
    #expect(end.isClosed && !end.isReset)
  }
}
