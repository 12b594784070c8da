// What a connection's pinger and sender do.
extension ServerConnection {
  // MARK: Pinger

  func tick() {
    guard !isClosed else {
      // The sender looks at the flag when it gets the Ping.
      if !isSenderDone { endSender() }
      return
    }
    world.checkers.ticked(self)
    if unansweredCount > ServerModel.unansweredPingCountMax {
      world.note(.pingedOut, client, serial)
      isClosed = true
      // TCP stays open until something comes.
      return endSender(isStayingOpen: true)
    }
    world.note(.tick, client, serial, unansweredCount)
    unansweredCount += 1
    pingCount += 1
    if reader == .header || reader == .joining { wasPingedBeforeJoin = true }
    send(ServerFrame.ping)
    world.network.schedule(.serverTick, connection, at: world.now + ServerModel.pingIntervalMilliseconds)
  }

  // MARK: Sender

  func send(_ wire: [UInt8]) {
    guard !isSenderDone else { return }
    if outgoing.isEmpty, partly.isEmpty, !isClosed, !connection.up.wasReset { return write(wire) }
    outgoing.append(wire)
    pump()
  }

  /// Writes at once what there is room for; the rest waits.
  func write(_ wire: [UInt8]) {
    let count = wire.withUnsafeBufferPointer { world.network.writeByServer(connection, $0) }
    if count < wire.count { (partly, partlyOffset) = (wire, count) }
  }

  func pump() {
    guard !isSenderDone else { return }
    while true {
      if partly.isEmpty {
        guard !outgoing.isEmpty else { return }
        if isClosed || connection.up.wasReset { return endSender() }
        // As many frames as fit into a segment.
        while partly.count < 1_400, let next = outgoing.removeFirst() { partly += next }
        partlyOffset = 0
      }
      partlyOffset += partly.withUnsafeBufferPointer {
        world.network.writeByServer(connection, UnsafeBufferPointer(rebasing: $0[partlyOffset...]))
      }
      guard partlyOffset == partly.count else { return }
      partly.removeAll(keepingCapacity: true)
    }
  }

  /// The sender's end: Close where the client has not sent one, and the identity is given back.
  func endSender(isStayingOpen: Bool = false) {
    guard !isSenderDone else { return }
    isSenderDone = true
    isClosed = true
    outgoing.removeAll()
    if partly.isEmpty, !wasCloseReceived, !connection.up.wasReset { write(ServerFrame.close) }
    if fields != nil { _ = server.submit(.leave(self)) }
    if !isStayingOpen { close() }
  }

  func close() {
    reader = .ended
    isClosed = true
    isSenderDone = true
    server.forget(self)
    world.network.closeByServer(connection, connection.up.wasReset ? .reset : .finish)
  }
}
