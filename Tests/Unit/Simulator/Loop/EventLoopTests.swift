import Glibc
import Testing

@testable import Simulator

/// A participant that the test makes of closures.
private final class Participant: LoopParticipant {
  var onInterests: (inout LoopInterests) -> Void = { _ in }
  var onServe: (LoopInterests, UInt64) -> Void = { _, _ in }
  private(set) var serveCount = 0

  func addInterests(to interests: inout LoopInterests) { onInterests(&interests) }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    serveCount += 1
    onServe(ready, nowMilliseconds)
  }
}

@Suite(.serialized) struct EventLoopTests {
  private let clock = LinuxClock()

  @Test func onlyTheParticipantWhoseDescriptorIsReadyIsServed() throws {
    let (first, second) = (try TestPipe(), try TestPipe())
    let (one, two) = (Participant(), Participant())
    let loop = EventLoop()
    var slot = -1
    one.onInterests = { $0.add(first.reading) }
    two.onInterests = { slot = $0.add(second.reading) }
    two.onServe = { [unowned loop] ready, _ in
      #expect(ready.isReadable(slot))
      #expect(!ready.isWritable(slot))
      loop.stop()
    }
    loop.add(one)
    loop.add(two)
    #expect(write(second.writing, "x", 1) == 1)
    try loop.run()
    #expect(one.serveCount == 0)
    #expect(two.serveCount == 1)
  }

  @Test func aDescriptorBecomesWritableAndItsEndIsReadable() throws {
    let pipe = try TestPipe()
    let participant = Participant()
    let loop = EventLoop()
    loop.add(participant)
    var slots = (0, 0)
    participant.onInterests = {
      slots = ($0.add(pipe.reading), $0.add(pipe.writing < 0 ? -1 : pipe.writing, reading: false, writing: true))
    }
    participant.onServe = { [unowned loop] ready, _ in
      if ready.isWritable(slots.1) { pipe.closeWriting() }
      if ready.isReadable(slots.0) { loop.stop() }
    }
    try loop.run()
    #expect(participant.serveCount == 2)
  }

  @Test func deadlinesAreKeptAndTheLoopSleepsUntilThen() throws {
    let (early, late) = (Participant(), Participant())
    let loop = EventLoop()
    let start = clock.monotonicMilliseconds()
    var isDone = false
    early.onInterests = { [unowned early] in if early.serveCount == 0 { $0.wake(atMilliseconds: start + 30) } }
    early.onServe = { _, now in
      #expect(now >= start + 30)
      #expect(late.serveCount == 0)
    }
    late.onInterests = { interests in
      interests.wake(atMilliseconds: nil)
      interests.wake(atMilliseconds: start + 10_000)
      interests.wake(atMilliseconds: start + 60)
    }
    late.onServe = { _, now in
      #expect(now >= start + 60)
      isDone = true
    }
    loop.add(early)
    loop.add(late)
    #expect(try loop.run(until: { isDone }, timeoutMilliseconds: 5_000))
    #expect(early.serveCount == 1)
    #expect(loop.turnCount <= 4, "two deadlines need two turns, not \(loop.turnCount)")
  }

  @Test func aLoopWithNothingReadyDoesNotTurn() throws {
    let pipe = try TestPipe()
    let participant = Participant()
    participant.onInterests = { $0.add(pipe.reading) }
    let loop = EventLoop()
    loop.add(participant)
    #expect(try loop.run(until: { false }, timeoutMilliseconds: 100) == false)
    #expect(loop.turnCount <= 2)
    #expect(participant.serveCount == 0)
  }

  @Test func participantsCanBeAddedAndRemovedWhileTheyAreServed() throws {
    let (one, two) = (Participant(), Participant())
    let loop = EventLoop()
    one.onInterests = { $0.wake(atMilliseconds: 0) }
    two.onInterests = { $0.wake(atMilliseconds: 0) }
    one.onServe = { [unowned loop, unowned one, unowned two] _, _ in
      loop.remove(one)
      loop.add(two)
    }
    two.onServe = { [unowned loop, unowned two] _, _ in loop.remove(two) }
    loop.add(one)
    try loop.run()
    #expect(one.serveCount == 1)
    #expect(two.serveCount == 1)
  }

  @Test func aThousandDescriptorsAreServedInOneTurn() throws {
    let room = DescriptorLimit.makeRoom(forConnections: 2000)
    try #require(room >= 2000, "the hard limit of descriptors is too low for this test")
    let pipes = try (0..<1000).map { _ in try TestPipe() }
    let participants = pipes.map { pipe in
      let participant = Participant()
      participant.onInterests = { $0.add(pipe.reading) }
      participant.onServe = { _, _ in
        var byte: UInt8 = 0
        _ = read(pipe.reading, &byte, 1)
      }
      return participant
    }
    let loop = EventLoop()
    for participant in participants { loop.add(participant) }
    for pipe in pipes { #expect(write(pipe.writing, "x", 1) == 1) }
    try loop.turn()
    #expect(participants.allSatisfy { $0.serveCount == 1 })
  }

  // MARK: Signals

  @Test func aSignalEndsTheLoopAndASecondOneFindsTheSystemsHandling() throws {
    let watch = try SignalWatch([SIGUSR1, SIGUSR2])
    let loop = EventLoop(signals: watch)
    let idle = Participant()
    let pipe = try TestPipe()
    idle.onInterests = { $0.add(pipe.reading) }
    loop.add(idle)
    #expect(kill(getpid(), SIGUSR2) == 0)
    try loop.run()
    #expect(loop.signal == SIGUSR2)
    #expect(watch.next() == nil)
    var action = sigaction()
    sigaction(SIGUSR2, nil, &action)
    #expect(action.__sigaction_handler.sa_handler == nil, "SIG_DFL again: it would end a process that hangs")
    sigaction(SIGUSR1, nil, &action)
    #expect(action.__sigaction_handler.sa_handler != nil)
  }

  @Test func whenTheWatchIsGoneTheFormerHandlingIsBack() throws {
    var action = sigaction()
    sigaction(SIGUSR1, nil, &action)
    let before = action.__sigaction_handler.sa_handler == nil
    do { _ = try SignalWatch([SIGUSR1]) }
    sigaction(SIGUSR1, nil, &action)
    #expect((action.__sigaction_handler.sa_handler == nil) == before)
  }

  @Test func aClosedPipeIsAnErrorAndNoSignal() throws {
    _ = EventLoop()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    #expect(write(ends[1], "x", 1) == -1)
    #expect(errno == EPIPE)
    close(ends[1])
  }
}
