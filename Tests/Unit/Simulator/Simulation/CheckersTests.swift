import Testing

@testable import Simulator

/// A world in which nothing happens, and a trace made up for its checkers.
private struct MadeUp {
  let quiet: QuietWorld
  let connection: ServerConnection
  var checkers: Checkers { quiet.world.checkers }
  var rule: String? { checkers.violation?.rule }

  init(boot: UInt32 = 1) throws {
    quiet = try QuietWorld()
    connection = ServerConnection(try quiet.connect(), server: quiet.world.server)
    checkers.booted(0, bootCount: boot)
  }

  func another() -> ServerConnection {
    let network = VirtualConnection(slot: 99, serial: connection.serial + 1, port: quiet.port, nowMilliseconds: 0)
    return ServerConnection(network, server: quiet.world.server)
  }

  /// The outbox took `count` readings and holds them, or `confirmed` and `dropped` ones have left it.
  func outbox(_ count: Int, confirmed: Int = 0, dropped: Int = 0, made: Int? = nil) {
    var figures = OutboxFigures()
    (figures.made, figures.accepted) = (made ?? count, count)
    (figures.confirmed, figures.droppedQueued) = (confirmed, dropped)
    figures.count = count - confirmed - dropped
    checkers.stepped(0, figures, isSlow: false)
  }

  func read(_ sequence: Int, boot: Int = 1, from: ServerConnection? = nil) -> ReadingID? {
    let text = Array(#"{"uid":"node-0","boot":\#(boot),"seq":\#(sequence),"time":null}"#.utf8)
    return checkers.read(text.span, from: from ?? connection)
  }

  func relay(_ sequence: Int, entry: Int, from: ServerConnection? = nil) {
    guard let id = read(sequence, from: from) else { return }
    checkers.relayed(id, from: from ?? connection, entry: entry, on: 0)
  }

  func deliver(_ sequence: Int) throws {
    let text = Array(#"{"uid":"node-0","boot":1,"seq":\#(sequence),"time":null}"#.utf8)
    let reading = ReadingText(text.span)
    checkers.delivered(try #require(reading), to: 1, on: 0)
  }

  func join(_ connection: ServerConnection, replayed: Range<Int>) {
    checkers.joined(connection, channel: 0, replayed: replayed)
  }
}

@Suite("Checkers: readings")
struct CheckersReadingTests {
  @Test("a day on which everything goes well breaks no rule")
  func good() throws {
    let made = try MadeUp()
    for sequence in 0..<10 {
      made.outbox(sequence + 1, confirmed: sequence)
      made.relay(sequence, entry: sequence)
      try made.deliver(sequence)
    }
    made.outbox(10, confirmed: 10)
    made.checkers.checkEnd()
    #expect(made.rule == nil)
    #expect(made.checkers.totals.accepted == 10 && made.checkers.totals.delivered == 10)
  }

  @Test("a reading that neither arrives nor is counted as dropped is lost")
  func lost() throws {
    let made = try MadeUp()
    made.outbox(3)
    made.relay(0, entry: 0)
    made.relay(2, entry: 1)
    made.checkers.checkEnd()
    #expect(made.rule == "a reading was lost")
  }

  @Test("more missing than the outbox counted as dropped is a loss; as many is none", arguments: [1, 2])
  func dropped(count: Int) throws {
    let made = try MadeUp()
    made.outbox(3)
    made.outbox(3, dropped: 1)
    if count == 2 { made.checkers.nodes[0].boots[0][1].marks.insert(.dropped) }
    made.relay(2, entry: 0)
    if count == 1 { made.relay(1, entry: 1) }
    if count == 1 {
      #expect(made.rule == "readings arrived out of order")
    } else {
      made.checkers.checkEnd()
      #expect(made.rule == "a reading was lost")
    }
  }

  @Test("the outbox has to account for every reading")
  func accounts() throws {
    let made = try MadeUp()
    var figures = OutboxFigures()
    (figures.made, figures.accepted, figures.count) = (2, 2, 1)
    made.checkers.stepped(0, figures, isSlow: false)
    #expect(made.rule == "the outbox does not account for every reading")
  }

  @Test("an outbox that drops the oldest refuses nothing")
  func refused() throws {
    let made = try MadeUp()
    made.outbox(1, made: 2)
    #expect(made.rule == "an outbox that drops the oldest refused a reading")
  }

  @Test("a node that lets go of readings though nothing has disturbed it for long is found out, and not before")
  func droppedInPeace() throws {
    let made = try MadeUp()
    made.quiet.world.now = Checkers.recoveryMilliseconds + Checkers.proofMilliseconds - 1
    made.outbox(20, dropped: 1)
    #expect(made.rule == nil)
    made.quiet.world.now += 1
    made.outbox(21, dropped: 2)
    #expect(made.rule == "a node drops readings though nothing disturbs it")
  }

  @Test("what counts as confirmed the server has read, but for connections slower than the rules allow for")
  func confirmed() throws {
    let made = try MadeUp()
    made.outbox(1)
    made.outbox(1, confirmed: 1)
    #expect(made.rule == "a reading counts as confirmed, and the server does not have it")
    let slow = try MadeUp()
    slow.outbox(1)
    var figures = OutboxFigures()
    (figures.made, figures.accepted, figures.confirmed) = (1, 1, 1)
    slow.checkers.stepped(0, figures, isSlow: true)
    slow.checkers.checkEnd()
    #expect(slow.rule == nil && slow.checkers.totals.confirmedOnSlowConnection == 1)
  }

  @Test("a boot number comes once")
  func boots() throws {
    let made = try MadeUp(boot: 7)
    made.checkers.booted(0, bootCount: 8)
    #expect(made.rule == nil)
    made.checkers.booted(0, bootCount: 7)
    #expect(made.rule == "a boot number came twice")
  }

  @Test("a reading comes once on a connection")
  func twice() throws {
    let made = try MadeUp()
    made.outbox(1)
    made.relay(0, entry: 0)
    made.relay(0, entry: 1)
    #expect(made.rule == "a reading came twice on one connection")
  }

  @Test("what the replay had is not sent again, what it had not may be", arguments: [0, 1])
  func again(first: Int) throws {
    let made = try MadeUp()
    made.outbox(1)
    made.relay(0, entry: 0)
    let next = made.another()
    made.join(next, replayed: first..<3)
    made.relay(0, entry: 3, from: next)
    #expect(made.rule == (first == 0 ? "a reading was sent again though the replay had it" : nil))
    #expect(made.checkers.totals.wireDuplicates == 1)
  }

  @Test("only readings that the node published arrive")
  func unknown() throws {
    let never = try MadeUp()
    #expect(never.read(0) == nil && never.rule == "a reading arrived that no outbox accepted")
    let other = try MadeUp()
    let text = Array("hello".utf8)
    #expect(other.checkers.read(text.span, from: other.connection) == nil)
    #expect(other.rule == "a message is not what the node published")
  }

  @Test("what stood in the outbox when the power went must be what is missing from it")
  func powerOff() throws {
    let made = try MadeUp()
    made.outbox(2)
    made.checkers.poweredOff(0, oldest: 1, count: 1)
    #expect(made.rule == "the outbox does not hold what it should")
    let good = try MadeUp()
    good.outbox(2)
    good.checkers.poweredOff(0, oldest: 0, count: 2)
    good.checkers.checkEnd()
    #expect(good.rule == nil && good.checkers.totals.lostAtPowerOff == 2)
  }
}

@Suite("Checkers: subscribers")
struct CheckersSubscriberTests {
  private func relayed(_ count: Int) throws -> MadeUp {
    let made = try MadeUp()
    made.outbox(count)
    for sequence in 0..<count { made.relay(sequence, entry: sequence) }
    return made
  }

  @Test("a subscriber gets each reading once")
  func twice() throws {
    let made = try relayed(1)
    try made.deliver(0)
    try made.deliver(0)
    #expect(made.rule == "a subscriber was given a reading twice")
  }

  @Test("and in order")
  func order() throws {
    let made = try relayed(2)
    try made.deliver(1)
    try made.deliver(0)
    #expect(made.rule == "a subscriber was given readings out of order")
  }

  @Test("and all of them, but for what the server forgot while it was away")
  func missing() throws {
    let made = try relayed(3)
    try made.deliver(0)
    let count = made.checkers.forgot(before: 2, on: 0)
    #expect(!made.checkers.isEverythingDelivered)
    made.checkers.checkEnd()
    #expect(made.rule == "a subscriber misses a reading")
    #expect(count == 1)
  }

  @Test("and none that nobody published")
  func unknown() throws {
    let made = try relayed(1)
    try made.deliver(5)
    #expect(made.rule == "a subscriber was given a reading that nobody published")
  }

  @Test("a history filter that lets history pass is found out")
  func filter() throws {
    let made = try relayed(1)
    let text = Array(#"{"uid":"node-0","boot":1,"seq":0,"time":null}"#.utf8)
    let parsed = ReadingText(text.span)
    let reading = try #require(parsed)
    made.checkers.totals.replayedToSubscribers = 1_000
    for _ in 0..<101 { made.checkers.passedTwice(reading, to: 1, isReplaySlow: false) }
    made.checkers.checkEnd()
    #expect(made.rule == "history was taken for live")
  }
}
