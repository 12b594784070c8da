import Glibc

/// A Mles v2 relay on a TCP port: `RelayCore` with sockets, TLS and WebSocket around it. It is one participant of an
/// `EventLoop`, so that a simulator can run it beside its boards.
public final class RelayServer: LoopParticipant {
  /// Connections at a time unless told otherwise.
  public static let connectionCountMaxDefault = 2000
  /// How long no connection is accepted after the process has run out of descriptors or memory.
  static let acceptPauseMilliseconds: UInt64 = 200
  /// Connections accepted before others get their turn.
  private static let acceptCountPerTurn = 64
  /// Memory for one read; a TLS record has at most 16 KiB.
  private static let scratchByteCount = 65_536

  /// What the relay says about itself; `isDetail` marks what matters only when looking for a fault.
  public typealias Log = (_ text: String, _ isDetail: Bool) -> Void

  /// Makes what a connection runs over, from a descriptor that it then owns.
  typealias TransportMaker = (Int32) throws(TransportFailure) -> any RelayTransport

  /// Where it listens.
  public let address: SocketAddress
  /// The relay itself.
  public let core: RelayCore
  /// Connections accepted so far.
  public private(set) var acceptedCount = 0
  /// Connections turned away because there were too many.
  public private(set) var turnedAwayCount = 0

  private let listener: RelayListener
  private let limits: RelayLimits
  private let connectionCountMax: Int
  private let makeTransport: TransportMaker
  private let log: Log
  private var connections: [Int: RelayConnection] = [:]
  private var listenerSlot: LoopInterests.Slot?
  private var acceptPauseEndMilliseconds: UInt64?
  private var scratch = [UInt8](repeating: 0, count: scratchByteCount)

  /// Listens on `host` (an address or `localhost`) and `port` (0: any) with TLS.
  public convenience init(
    host: String, port: UInt16, certificate: RelayCertificate,
    configuration: RelayCore.Configuration = RelayCore.Configuration(),
    limits: RelayLimits = RelayLimits(), connectionCountMax: Int = connectionCountMaxDefault,
    log: @escaping Log = { _, _ in }
  ) throws(RunFailure) {
    self.init(
      listener: try RelayListener(host: host, port: port), core: RelayCore(configuration),
      limits: limits, connectionCountMax: connectionCountMax,
      makeTransport: { (descriptor) throws(TransportFailure) in
        try TLSTransport(fileDescriptor: descriptor, certificate: certificate)
      },
      log: log)
  }

  init(
    listener: RelayListener, core: RelayCore, limits: RelayLimits = RelayLimits(),
    connectionCountMax: Int = connectionCountMaxDefault,
    makeTransport: @escaping TransportMaker, log: @escaping Log = { _, _ in }
  ) {
    self.listener = listener
    self.core = core
    self.limits = limits
    self.connectionCountMax = connectionCountMax
    self.makeTransport = makeTransport
    self.log = log
    address = listener.address
  }

  /// The number of connections now, joined or not.
  public var connectionCount: Int { connections.count }

  /// Adds the listening socket, all connections, and the time of the next ping.
  public func addInterests(to interests: inout LoopInterests) {
    listenerSlot = nil
    if let end = acceptPauseEndMilliseconds {
      interests.wake(atMilliseconds: end)
    } else {
      listenerSlot = interests.add(listener.fileDescriptor)
    }
    for connection in connections.values { connection.addInterests(to: &interests) }
    interests.wake(atMilliseconds: core.nextDeadlineMilliseconds)
  }

  /// Serves whoever is ready, then sends what that has brought.
  public func serve(_ ready: LoopInterests, nowMilliseconds now: UInt64) {
    if let end = acceptPauseEndMilliseconds, end <= now { acceptPauseEndMilliseconds = nil }
    core.tick(nowMilliseconds: now)
    for connection in connections.values {
      let isDue = connection.deadlineMilliseconds.map { $0 <= now } ?? false
      guard isDue || connection.hasMoreToRead || connection.slot.map({ ready.isReady($0) }) ?? false else { continue }
      let name = connection.memberName
      connection.advance(scratch: &scratch, nowMilliseconds: now)
      if name == nil, let name = connection.memberName { log("\(connection.tag): \(name) joined", true) }
    }
    for member in core.takeTouched() { connections[member.tag]?.pump(nowMilliseconds: now) }
    removeClosed()
    if let listenerSlot, ready.isReady(listenerSlot) { accept(now) }
  }

  /// Closes every connection and listens no more.
  public func stop() {
    for connection in connections.values { connection.close(RelayEndReason.shutdown.description) }
    removeClosed()
    listener.close()
  }

  private func removeClosed() {
    for (tag, connection) in connections where connection.isClosed {
      log("\(tag): \(connection.endText)", true)
      connections[tag] = nil
    }
  }

  private func accept(_ now: UInt64) {
    for _ in 0..<Self.acceptCountPerTurn {
      let descriptor = Glibc.accept(listener.fileDescriptor, nil, nil)
      guard descriptor >= 0 else { return acceptFailed(errno, now) }
      guard connections.count < connectionCountMax else {
        _ = Glibc.close(descriptor)
        turnedAwayCount += 1
        if turnedAwayCount == 1 { log("more than \(connectionCountMax) connections: turning new ones away", false) }
        continue
      }
      acceptedCount += 1
      do {
        connections[acceptedCount] = RelayConnection(
          tag: acceptedCount, transport: try makeTransport(descriptor), core: core, limits: limits,
          nowMilliseconds: now)
        log("\(acceptedCount): connected", true)
      } catch {
        log("connection lost: \(error.text)", false)
      }
    }
  }

  private func acceptFailed(_ code: Int32, _ now: UInt64) {
    switch code {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
      // The connection stays in the kernel's queue, and poll(2) would report it again at once.
      acceptPauseEndMilliseconds = now + Self.acceptPauseMilliseconds
      log("cannot accept connections for now: \(SystemError(code: code))", false)
    default: break
    }
  }
}
