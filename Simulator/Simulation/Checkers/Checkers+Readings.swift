// Every reading that an outbox accepts arrives once, in order, or is accounted for.
extension Checkers {
  /// Connections in a row that end before the first ping, after which a node trusts in no replay.
  static let cutReplaysMax = 3
  /// A replay that takes longer may be taken for over before it is.
  static let slowReplayMilliseconds: UInt64 = 20_000
  /// From a reading to its proof on a connection that lives: a ping that comes 120 s after it was sent, 24 s later at most,
  /// and behind a rejoin the 24 s until it is sent.
  static let proofMilliseconds: UInt64 = 168_000
  /// With so much between two readings an outbox has room for all that wait for their proof.
  static let keptIntervalMilliseconds: UInt32 = 10_000

  // MARK: The node

  func booted(_ client: Int, bootCount: UInt32) {
    let watch = nodes[client]
    totals.boots += 1
    if !watch.bootNumbers.insert(bootCount).inserted {
      violate("a boot number came twice", client, "boot \(bootCount)")
    }
    watch.boots.append(BootLedger(number: bootCount))
    watch.last = OutboxFigures()
  }

  /// The node was called; `figures` is what its outbox says now.
  func stepped(_ client: Int, _ figures: OutboxFigures, isSlow: Bool) {
    let watch = nodes[client]
    let before = watch.last
    guard figures != before, let boot = watch.boots.last else { return }
    watch.last = figures
    guard figures.accepted == figures.confirmed + figures.dropped + figures.count else {
      return violate("the outbox does not account for every reading", client, "\(figures)")
    }
    let made = figures.made - before.made
    let accepted = figures.accepted - before.accepted
    guard made == accepted else {
      return violate("an outbox that drops the oldest refused a reading", client, "\(accepted) of \(made)")
    }
    for number in before.made..<figures.made {
      boot.made(number, isAccepted: true)
      world.note(.published, client, Int(boot.number), number)
    }
    totals.accepted += accepted
    let gone = before.count + accepted - figures.count
    let dropped = max(0, figures.dropped - before.dropped)
    (boot.droppedQueued, boot.droppedUnconfirmed) = (figures.droppedQueued, figures.droppedUnconfirmed)
    for index in 0..<max(0, gone) {
      guard let sequence = boot.takeOldest() else {
        return violate("more readings left the outbox than it had", client)
      }
      if index < dropped {
        letGo(client, boot, sequence)
      } else {
        confirmed(client, boot, sequence, isSlow: isSlow)
      }
    }
  }

  /// The outbox made room for a newer reading.
  private func letGo(_ client: Int, _ boot: BootLedger, _ sequence: Int) {
    boot[sequence].marks.insert(.dropped)
    world.note(.dropped, client, Int(boot.number), sequence)
    guard world.nodes[client].intervalMilliseconds >= Self.keptIntervalMilliseconds,
      isCalm(client, milliseconds: Self.recoveryMilliseconds + Self.proofMilliseconds)
    else { return }
    violate(
      "a node drops readings though nothing disturbs it", client, "reading \(sequence) of boot \(boot.number)")
  }

  private func confirmed(_ client: Int, _ boot: BootLedger, _ sequence: Int, isSlow: Bool) {
    boot[sequence].marks.insert(.confirmed)
    world.note(.confirmed, client, Int(boot.number), sequence)
    guard !boot[sequence].marks.contains(.read) else { return }
    guard isSlow else {
      return violate(
        "a reading counts as confirmed, and the server does not have it", client,
        "reading \(sequence) of boot \(boot.number)")
    }
    boot[sequence].marks.insert(.confirmedOnSlowConnection)
    totals.confirmedOnSlowConnection += 1
  }

  /// Power is lost: the outbox is gone. `oldest` is what really stood first in it.
  func poweredOff(_ client: Int, oldest: Int?, count: Int) {
    let watch = nodes[client]
    watch.join = nil
    watch.ghostSinceMilliseconds = nil
    watch.ghostEndMilliseconds = nil
    guard let boot = watch.boots.last else { return }
    guard boot.outboxCount == count, count == 0 || boot.oldestInOutbox == oldest else {
      return violate(
        "the outbox does not hold what it should", client,
        "expected \(boot.outboxCount) from \(boot.oldestInOutbox ?? -1) on, got \(count) from \(oldest ?? -1) on")
    }
    while let sequence = boot.takeOldest() {
      boot[sequence].marks.insert(.lostAtPowerOff)
      totals.lostAtPowerOff += 1
    }
  }

  // MARK: The server

  /// The server has read a message from a connection.
  func read(_ payload: Span<UInt8>, from connection: ServerConnection) -> ReadingID? {
    let client = connection.client
    guard let text = ReadingText(payload), text.node == client else {
      violate("a message is not what the node published", client)
      return nil
    }
    guard let boot = nodes[client].boots.lastIndex(where: { $0.number == text.bootCount }),
      nodes[client].boots[boot].contains(text.sequence)
    else {
      violate("a reading arrived that no outbox accepted", client, "boot \(text.bootCount), \(text.sequence)")
      return nil
    }
    let ledger = nodes[client].boots[boot]
    if ledger[text.sequence].connection == Int32(truncatingIfNeeded: connection.serial) {
      violate("a reading came twice on one connection", client, "boot \(text.bootCount), \(text.sequence)")
    }
    ledger[text.sequence].marks.insert(.read)
    ledger[text.sequence].connection = Int32(truncatingIfNeeded: connection.serial)
    return ReadingID(client: client, boot: boot, sequence: text.sequence)
  }

  /// The server ended with a message that it had read and not relayed.
  func swallowed(_ id: ReadingID) {
    let boot = nodes[id.client].boots[id.boot]
    boot[id.sequence].marks.insert(.swallowed)
    totals.swallowed += 1
    world.note(.lostInServer, id.client, Int(boot.number), id.sequence)
  }

  func relayed(_ id: ReadingID, from connection: ServerConnection, entry: Int, on channel: Int) {
    let boot = nodes[id.client].boots[id.boot]
    guard boot[id.sequence].marks.contains(.relayed) else {
      boot[id.sequence].marks.insert(.relayed)
      boot[id.sequence].entry = Int32(truncatingIfNeeded: entry)
      totals.relayed += 1
      world.note(.message, id.client, Int(boot.number), id.sequence)
      if id.sequence < boot.highestRelayed {
        violate("readings arrived out of order", id.client, "\(id.sequence) after \(boot.highestRelayed)")
      }
      boot.highestRelayed = max(boot.highestRelayed, id.sequence)
      channels[channel].append(id, entry: entry)
      return
    }
    totals.wireDuplicates += 1
    boot[id.sequence].marks.insert(.repeated)
    world.note(.replayed, id.client, Int(boot.number), id.sequence)
    guard let join = nodes[id.client].join, join.connection == connection.serial else { return }
    // What was not in the replay may be sent again: overrun, or lost with a restart.
    guard Int(boot[id.sequence].entry) >= join.replayed.lowerBound else { return }
    // A client that was told by a ping that a replay is over cannot know that it had not begun.
    guard !connection.wasPingedBeforeJoin else { return }
    // After three connections that did not live until the first ping, or with a replay that takes very long, a node waits
    // no more for the end of the replay: better twice than never.
    guard nodes[id.client].unansweredConnectionCount <= Self.cutReplaysMax,
      connection.connection.down.slowestMilliseconds < Self.slowReplayMilliseconds
    else { return }
    violate(
      "a reading was sent again though the replay had it", id.client,
      "boot \(boot.number), \(id.sequence): entry \(boot[id.sequence].entry) of \(join.replayed)")
  }

  // MARK: The subscriber

  /// A subscriber was given a reading, behind its de-duplication.
  func delivered(_ text: ReadingText, to subscriber: Int, on channel: Int) {
    guard text.node < world.nodes.count,
      let index = nodes[text.node].boots.lastIndex(where: { $0.number == text.bootCount }),
      nodes[text.node].boots[index].contains(text.sequence)
    else { return violate("a subscriber was given a reading that nobody published", subscriber) }
    let boot = nodes[text.node].boots[index]
    let marks = boot[text.sequence].marks
    world.note(.delivered, subscriber, Int(text.bootCount), text.sequence)
    guard marks.contains(.relayed), !marks.contains(.delivered) else {
      return violate(
        "a subscriber was given a reading twice", subscriber,
        "node-\(text.node), boot \(text.bootCount), \(text.sequence)")
    }
    boot[text.sequence].marks.insert(.delivered)
    totals.delivered += 1
    // What the server had forgotten when the subscriber came back may still come late, when its node sends it again.
    if text.sequence < boot.highestDelivered, !marks.contains(.mayMiss) {
      violate(
        "a subscriber was given readings out of order", subscriber,
        "node-\(text.node): \(text.sequence) after \(boot.highestDelivered)")
    }
    boot.highestDelivered = max(boot.highestDelivered, text.sequence)
  }

  /// The history filter took for new what the subscriber has already. It may where the reading came twice over the wire;
  /// and now and then where join headers, of which each is like the other, came and went.
  func passedTwice(_ text: ReadingText, to subscriber: Int, isReplaySlow: Bool) {
    guard let boot = nodes[text.node].boots.last(where: { $0.number == text.bootCount }) else { return }
    guard !isReplaySlow, !boot[text.sequence].marks.contains(.repeated) else { return }
    totals.passedTwice += 1
  }

  /// The server forgets, or has forgotten, what stands before `entry` in the channel's history; returns how much of it the
  /// subscriber does not have.
  func forgot(before entry: Int, on channel: Int) -> Int {
    var count = 0
    channels[channel].settle { isSettled($0) }
    for index in channels[channel].settledCount..<channels[channel].ids.count {
      guard channels[channel].entries[index] < entry else { break }
      let id = channels[channel].ids[index]
      guard !isSettled(id) else { continue }
      nodes[id.client].boots[id.boot][id.sequence].marks.insert(.mayMiss)
      count += 1
    }
    return count
  }

  private func isSettled(_ id: ReadingID) -> Bool {
    !nodes[id.client].boots[id.boot][id.sequence].marks.isDisjoint(with: [.delivered, .mayMiss])
  }

  // MARK: The end

  /// Whether nothing is on its way any more.
  var isEverythingDelivered: Bool {
    for index in channels.indices {
      channels[index].settle { isSettled($0) }
      if channels[index].settledCount < channels[index].ids.count { return false }
    }
    return true
  }

  /// The world has come to rest.
  func checkEnd() {
    if totals.passedTwice > 100, totals.passedTwice > totals.replayedToSubscribers / 20 {
      violate("history was taken for live", -1, "\(totals.passedTwice) of \(totals.replayedToSubscribers)")
    }
    for (client, watch) in nodes.enumerated() {
      for boot in watch.boots {
        totals.dropped += boot.droppedQueued + boot.droppedUnconfirmed
        if let loss = boot.unexplainedLoss() { violate("a reading was lost", client, loss) }
      }
    }
    for index in channels.indices where violation == nil {
      channels[index].settle { isSettled($0) }
      guard channels[index].settledCount < channels[index].ids.count else { continue }
      let id = channels[index].ids[channels[index].settledCount]
      violate(
        "a subscriber misses a reading", id.client,
        "boot \(nodes[id.client].boots[id.boot].number), \(id.sequence), channel \(index)")
    }
  }
}
