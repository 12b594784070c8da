import HAL
import Testing

@testable import Simulator

/// Resets, cuts, and ends that come with bytes on their way.
@Suite struct BrokenConnectionTests {
  /// Writes a byte each millisecond, both ways, until the network has done what it is for; returns how many.
  private func talk(_ world: VirtualWorld, until condition: (FaultCounters) -> Bool) throws -> Int {
    let far = try world.far
    var count = 0
    while !condition(world.network.counters) {
      try #require(count < 1_000_000)
      guard try world.socket.write([UInt8(truncatingIfNeeded: count)].span) == 1 else { break }
      far.unread.append(UInt8(truncatingIfNeeded: count))
      count += 1
      try world.pass(1)
    }
    return count
  }

  // MARK: Reset

  @Test func aResetEndsTheConnectionForBothSidesAndLosesWhatIsOnItsWay() throws {
    let world = try VirtualWorld("latency=500ms reset=1/20s")
    try world.connect()
    let (far, start) = (try world.far, world.now)
    let sent = try talk(world) { $0.resets == 1 }
    #expect(far.isReset)
    if case .failure(.reset) = world.end {} else { Issue.record("ended with \(String(describing: world.end))") }
    // One byte a millisecond, of which half a second was on its way in each direction.
    #expect(UInt64(sent) == world.now - start)
    #expect((sent - 501...sent - 499).contains(far.received.count))
    #expect((sent - 501...sent - 499).contains(world.received.count))
    #expect(far.received == (0..<far.received.count).map { UInt8(truncatingIfNeeded: $0) })
    #expect(throws: SocketError.reset) { try world.socket.write([1].span) }
    #expect(throws: SocketError.reset) { try world.socket.status() }
    #expect(world.kernel.reports == ["board: fault: connection reset"])
    let after = far.received.count
    try world.pass(1000)
    #expect(far.received.count == after)
  }

  @Test func afterAResetTheSocketConnectsAgain() throws {
    let world = try VirtualWorld("reset=1/10s")
    try world.connect()
    _ = try talk(world) { $0.resets == 1 }
    world.socket.close()
    #expect(try world.socket.status() == .closed)
    #expect(world.network.keptCount == 0)
    try world.connect()
    #expect(world.kernel.ends.count == 2)
    #expect(try world.socket.write([1].span) == 1)
    #expect(try world.far.received == [1])
  }

  @Test func aResetCanComeBeforeTheConnectionIsMade() throws {
    let world = try VirtualWorld("latency=30s reset=1/5s")
    try world.open()
    #expect(throws: SocketError.reset) { try world.waitUntil { try $0.socket.status() == .connected } }
    #expect(world.network.counters.resets == 1)
  }

  @Test func faultsComeAtTheSameTimesWhateverTheConnectionDoes() throws {
    func resets(_ use: (VirtualWorld) throws -> Void) throws -> [UInt64] {
      let world = try VirtualWorld("reset=1/10s", seed: 5)
      var moments: [UInt64] = []
      for count in 1...5 {
        try world.connect()
        try use(world)
        try #require(try world.waitUntil { $0.network.counters.resets == count })
        moments.append(world.now)
        world.socket.close()
      }
      return moments
    }
    let idle = try resets { _ in }
    #expect(idle == (try resets { try $0.write([1, 2, 3]) }))
    #expect(Set(idle).count == 5)
  }

  // MARK: Cut

  @Test func aCutSaysNothingToEitherSide() throws {
    let world = try VirtualWorld("latency=500ms cut=1/20s")
    try world.connect()
    let far = try world.far
    let sent = try talk(world) { $0.cuts == 1 }
    let (there, back) = (far.received.count, world.received.count)
    #expect((sent - 501...sent - 499).contains(there))
    #expect((sent - 501...sent - 499).contains(back))
    far.unread = [1, 2, 3]
    far.hasFinished = true
    try world.pass(3_600_000)
    #expect(try world.socket.status() == .connected)
    #expect(world.end == nil)
    #expect((far.received.count, world.received.count) == (there, back))
    #expect(!far.isClosed && !far.isReset)
    #expect(world.kernel.reports == ["board: fault: connection cut, nothing passes any more"])
    #expect(world.network.counters.cuts == 1, "what is dead does not die again")
  }

  @Test func aCutConnectionTakesBytesUntilItIsFull() throws {
    let world = try VirtualWorld("cut=1/10s")
    try world.connect()
    _ = try talk(world) { $0.cuts == 1 }
    let block = [UInt8](repeating: 1, count: 100_000)
    #expect(try world.socket.write(block.span) == DelayLine.byteCountMax)
    #expect(try world.socket.write(block.span) == 0)
    var interests = LoopInterests()
    world.socket.addInterests(to: &interests, reading: true, writing: true)
    #expect(interests.deadlineMilliseconds == nil && interests.entries.isEmpty, "nothing will ever happen")
  }

  @Test func theServerKeepsACutConnectionForAWhileAfterItsClientHasGone() throws {
    let world = try VirtualWorld("cut=1/10s")
    try world.connect()
    let far = try world.far
    _ = try talk(world) { $0.cuts == 1 }
    let closed = world.now
    world.socket.close()
    #expect(world.network.keptCount == 1)
    try world.connect()
    #expect(world.kernel.ends.count == 2)
    #expect(!far.isClosed)
    try #require(try world.waitUntil { _ in far.isClosed })
    #expect(world.now - closed == FaultyNetwork<VirtualSocket>.keptMilliseconds)
    #expect(!far.isReset)
    #expect(world.network.keptCount == 0)
  }

  @Test func ofTooManyKeptConnectionsTheOldestGoes() throws {
    let world = try VirtualWorld("cut=1/100ms")
    let limit = FaultyNetwork<VirtualSocket>.keptCountMax
    while world.network.counters.cuts < limit {
      try world.connect()
      let count = world.network.counters.cuts
      try #require(try world.waitUntil { $0.network.counters.cuts > count })
      world.socket.close()
    }
    #expect(world.kernel.ends.count { !$0.isClosed } == limit)
    try world.connect()
    try #require(try world.waitUntil { $0.network.counters.cuts > limit })
    world.socket.close()
    #expect(world.network.keptCount == limit)
    #expect(world.kernel.ends.count { !$0.isClosed } == limit)
    #expect(world.kernel.ends[0].isClosed && !world.kernel.ends[1].isClosed)
  }

  @Test func aCutCanComeBeforeTheConnectionIsMade() throws {
    let world = try VirtualWorld("latency=30s cut=1/5s")
    try world.open()
    try #require(try world.waitUntil { $0.network.counters.cuts == 1 })
    try world.pass(3_600_000)
    #expect(try world.socket.status() == .connecting)
    #expect(world.kernel.ends.isEmpty, "the SYN was lost")
    world.socket.close()
    #expect(world.network.keptCount == 0)
  }

  // MARK: Ends

  @Test func whatWasWrittenBeforeACloseStillArrivesAndThenFIN() throws {
    let world = try VirtualWorld("latency=500ms")
    try world.connect()
    let (far, start) = (try world.far, world.now)
    #expect(try world.socket.write([1, 2, 3].span) == 3)
    world.socket.close()
    #expect(try world.socket.status() == .closed)
    #expect(!far.isClosed)
    try #require(try world.waitUntil { _ in far.isClosed })
    #expect(far.received == [1, 2, 3])
    #expect(world.now - start == 500)
    #expect(world.network.keptCount == 0)
  }

  @Test func aServerThatTakesNothingIsNotWaitedForWithoutEnd() throws {
    let world = try VirtualWorld("latency=500ms")
    try world.connect()
    let (far, start) = (try world.far, world.now)
    far.room = 0
    #expect(try world.socket.write([1].span) == 1)
    world.socket.close()
    try #require(try world.waitUntil { _ in far.isClosed })
    #expect(world.now - start == FaultyNetwork<VirtualSocket>.keptMilliseconds)
  }

  @Test func theServersEndArrivesBehindItsBytes() throws {
    let world = try VirtualWorld("latency=500ms")
    try world.connect()
    let (far, start) = (try world.far, world.now)
    (far.unread, far.hasFinished) = ([7, 8], true)
    try #require(try world.waitUntil { $0.end != nil })
    #expect(world.received == [7, 8])
    #expect(world.now - start == 500)
    #expect(try world.socket.write([1].span) == 1, "the other direction is still open")
    try world.pass(500)
    #expect(far.received == [1])
  }

  @Test func theServersResetArrivesBehindItsBytesToo() throws {
    let world = try VirtualWorld("latency=500ms")
    try world.connect()
    let far = try world.far
    (far.unread, far.failure) = ([7, 8], .reset)
    try world.pass(499)
    #expect(try world.socket.write([1].span) == 1, "nobody knows yet")
    try #require(try world.waitUntil { $0.end != nil })
    #expect(world.received == [7, 8])
    if case .failure(.reset) = world.end {} else { Issue.record("ended with \(String(describing: world.end))") }
    #expect(throws: SocketError.reset) { try world.socket.write([1].span) }
    #expect(far.received.isEmpty)
  }
}
