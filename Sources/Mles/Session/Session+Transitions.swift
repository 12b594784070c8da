import Bytes

/// All changes of a session's phase, and of its deadline.
extension Session {
  /// Whether the last connection ended, or ends, because this end left.
  public var isLeaving: Bool {
    if case .left = end { true } else { false }
  }

  /// Waits for the end of the stream, because of `reason`.
  mutating func close(_ reason: SessionEnd, _ now: UInt64) {
    end = reason
    enter(.closing, now)
  }

  /// The connection that was being closed has ended, in the way of `ending`.
  mutating func finishClosing(_ ending: SessionEnd, _ now: UInt64) {
    leaveEnd = ending
    if isLeaving { enter(.stopped, now) } else { enter(.waitingToRetry, now) }
  }

  /// Gives this connection up, because of `reason`.
  mutating func retry(_ reason: SessionEnd, _ now: UInt64) {
    end = reason
    enter(.waitingToRetry, now)
  }

  mutating func enter(_ next: SessionPhase, _ now: UInt64) {
    phase = next
    enteredMilliseconds = now
    // The confirmation of a join has one limit, counted from the join header queued, however long the sending takes.
    if next != .joinUnconfirmed { waitingSinceMilliseconds = now }
    switch next {
    case .joining: upgradedMilliseconds = now
    case .joinUnconfirmed: wasJoinSent = true
    case .joined:
      joinCount &+= 1
      joinedMilliseconds = now
      ghostSinceMilliseconds = nil
      refusedSpellings = 0
    case .waitingToRetry: waitToRetry(now)
    default: break
    }
    setDeadline(now)
  }

  private mutating func waitToRetry(_ now: UInt64) {
    let kind = end.kind
    // A connection that ended otherwise behind the join header may have left a new ghost.
    if wasJoinSent, kind != .ghost { ghostSinceMilliseconds = nil }
    if wasJoinSent, !end.isRefusal {
      cutReplayCount = hasReplayEnded ? 0 : min(cutReplayCount &+ 1, 2 &* timeouts.cutReplaysMax)
    }
    wasJoinSent = false
    if let joinedMilliseconds, now >= after(joinedMilliseconds, timeouts.stableMilliseconds) { backoff.reset() }
    joinedMilliseconds = nil
    deadlineMilliseconds = after(now, retryDelay(kind, now))
  }

  private mutating func retryDelay(_ kind: FailureKind, _ now: UInt64) -> UInt32 {
    if kind == .retry { return backoff.nextDelayMilliseconds(random: random.next()) }
    if kind == .ghost {
      if respellsRefusedIdentity {
        spelling = (spelling &+ 1) % Authentication.spellingCount
        refusedSpellings &+= refusedSpellings < Authentication.spellingCount ? 1 : 0
        if refusedSpellings < Authentication.spellingCount { return backoff.parameters.minimumMilliseconds }
      }
      let since = ghostSinceMilliseconds ?? now
      ghostSinceMilliseconds = since
      if now < after(since, timeouts.ghostMilliseconds) { return timeouts.ghostRetryMilliseconds }
    }
    return timeouts.permanentRetryMilliseconds
  }

  mutating func setDeadline(_ now: UInt64) {
    switch phase {
    case .idle: deadlineMilliseconds = now
    case .stopped: deadlineMilliseconds = .max
    default: if let wait = phase.wait { deadlineMilliseconds = after(waitingSinceMilliseconds, timeouts[wait]) }
    }
    if canSend, hasOutput {
      deadlineMilliseconds = min(
        deadlineMilliseconds, after(sentMilliseconds, timeouts.sendProgressMilliseconds))
    }
    // When what is in doubt is to be sent again although nothing has told.
    if canSend, !isReplayOver(nowMilliseconds: now) { deadlineMilliseconds = min(deadlineMilliseconds, replayLimit) }
  }

  /// When the replay is taken to be over at the latest. Where nothing has come, none has passed unseen either: such a
  /// connection ends without a join.
  var replayLimit: UInt64 {
    let most = timeouts.cutReplaysMax
    if cutReplayCount >= most {
      return after(upgradedMilliseconds, cutReplayCount < 2 &* most ? timeouts.cutReplayMilliseconds : 0)
    }
    guard let joinedMilliseconds else { return .max }
    return after(joinedMilliseconds, timeouts.replayLimitMilliseconds)
  }

  func after(_ start: UInt64, _ milliseconds: UInt32) -> UInt64 {
    start &+ UInt64(extending: milliseconds)
  }
}
