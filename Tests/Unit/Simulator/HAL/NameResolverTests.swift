import Glibc
import HAL
import Synchronization
import Testing

@testable import Simulator

/// A name server that answers when the test says so.
private final class GatedNames: Sendable {
  private let gate: WakeupPipe
  let runningCount = Atomic<Int>(0)
  let startedCount = Atomic<Int>(0)

  init() throws { gate = try WakeupPipe() }

  func open() { gate.wake() }

  func lookUp(_ addresses: [SocketAddress], code: Int32 = 0) -> NameResolver.Answer {
    startedCount.add(1, ordering: .relaxed)
    runningCount.add(1, ordering: .relaxed)
    var entry = pollfd(fd: gate.readDescriptor, events: Int16(POLLIN), revents: 0)
    _ = poll(&entry, 1, 10_000)
    runningCount.subtract(1, ordering: .relaxed)
    return (addresses, code)
  }
}

@Suite struct NameResolverTests {
  @Test func aNameIsResolvedWithoutWaitingAndAnnouncedOnADescriptor() throws {
    let listener = try TestListener()
    let names = try GatedNames()
    let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
    var client = LinuxSocket(resolver: NameResolver { _ in names.lookUp([address]) })
    try client.open("relay.test", listener.port)
    #expect(try client.status() == .resolving)
    #expect(client.pollDescriptor != nil)
    #expect(client.fileDescriptor == nil)
    names.open()
    #expect(try client.settle() == .connected)
    #expect(client.peerAddress?.port == listener.port)
  }

  @Test func aNameThatIsNotFoundIsAnError() throws {
    var client = LinuxSocket(resolver: NameResolver { _ in ([], EAI_NONAME) })
    try client.open("nowhere.test", 443)
    #expect(throws: SocketError.nameNotFound(code: EAI_NONAME)) { try client.settle() }
    #expect(try client.status() == .closed)
  }

  @Test func addressesNeedNoLookup() throws {
    let listener = try TestListener()
    var client = LinuxSocket(resolver: NameResolver { _ in ([], EAI_FAIL) })
    for host in ["127.0.0.1", "localhost"] {
      try client.open(host, listener.port)
      #expect(try client.settle() == .connected)
    }
  }

  @Test func aSocketThatIsGoneWhileItsNameIsLookedUpDoesNoHarm() throws {
    let names = try GatedNames()
    let resolver = NameResolver { _ in names.lookUp([]) }
    do {
      var dropped = LinuxSocket(resolver: resolver)
      try dropped.open("one.test", 1)
      var closed = LinuxSocket(resolver: resolver)
      try closed.open("two.test", 1)
      closed.close()
      var reopened = LinuxSocket(resolver: resolver)
      try reopened.open("three.test", 1)
      try reopened.open("four.test", 1)
    }
    names.open()
    try wait { resolver.threadCount == 0 }
  }

  @Test func lookupsThatNobodyWaitsForAreSkippedAndThreadsAreBounded() throws {
    let names = try GatedNames()
    let resolver = NameResolver { _ in names.lookUp([]) }
    var lookups: [NameLookup] = []
    for number in 0..<100 { lookups.append(try resolver.start("\(number).test")) }
    try wait { names.runningCount.load(ordering: .relaxed) == NameResolver.threadCountMax }
    #expect(resolver.threadCount == NameResolver.threadCountMax)
    for lookup in lookups { lookup.abandon() }
    names.open()
    try wait { resolver.threadCount == 0 }
    #expect(names.startedCount.load(ordering: .relaxed) == NameResolver.threadCountMax)
  }

  @Test func moreLookupsThanTheQueueHoldsAreRefused() throws {
    let names = try GatedNames()
    let resolver = NameResolver(queueCountMax: 4) { _ in names.lookUp([]) }
    // At most as many as there are threads are taken off the queue meanwhile.
    let error = #expect(throws: SocketError.self) {
      for _ in 0..<(4 + NameResolver.threadCountMax + 1) { _ = try resolver.start("more.test") }
    }
    #expect(error == .outOfResources(code: EAGAIN))
    names.open()
    try wait { resolver.threadCount == 0 }
  }

  /// Until another thread has come so far; there is nothing to poll for here.
  private func wait(_ condition: () -> Bool) throws {
    let clock = LinuxClock()
    let end = clock.monotonicMilliseconds() + 10_000
    while !condition() {
      try #require(clock.monotonicMilliseconds() < end)
      sched_yield()
    }
  }
}
