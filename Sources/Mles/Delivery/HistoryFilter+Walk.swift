extension HistoryFilter {
  /// The expected message with this hash, if any: behind the walk, else without a known place, else passed over.
  func position(of hash: HistoryHash) -> Int? {
    guard isReplaying else { return nil }
    var unplaced: Int?
    var passed: Int?
    for position in 0..<ahead where list[position].hasSameValue(as: hash) && !list[position].isUsed {
      if list[position].isUnplaced {
        unplaced = unplaced ?? position
      } else if position >= walk {
        return position
      } else {
        passed = passed ?? position
      }
    }
    return unplaced ?? passed
  }

  /// Uses up the expectation at `position`, and goes on behind it.
  mutating func recognise(_ position: Int) {
    guard !list[position].isUnplaced else { return recogniseUnplaced(position) }
    run = position >= walk && !isAnyExpected(in: walk..<position) ? run + 1 : 1
    let place = walk == 0 ? placeReceived(before: position) : position
    list[place].isUsed = true
    expectedCount -= 1
    walk = place + 1
    if run >= Self.runMinimum, !isAnyExpected(in: walk..<ahead) { forgetPassedOver() }
  }

  /// Moves an entry to its place in the server's order, if that can be told now.
  private mutating func recogniseUnplaced(_ position: Int) {
    let hash = list[position]
    remove(at: position)
    insertReceived(hash)
  }

  /// The first with a known place was recognised, at `position`: what was received in this phase stands before it. Returns
  /// where it is then.
  private mutating func placeReceived(before position: Int) -> Int {
    var place = position
    for index in position + 1..<max(ahead, position + 1) where list[index].isUsed && list[index].isUnplaced {
      var hash = list[index]
      hash.isUnplaced = false
      list.remove(at: index)
      list.insert(hash, at: place)
      place += 1
    }
    return place
  }

  /// Whether a message with a known place is expected in `positions`.
  private func isAnyExpected(in positions: Range<Int>) -> Bool {
    for position in positions where !list[position].isUnplaced && !list[position].isUsed { return true }
    return false
  }

  /// Remembers a new message: in the phase where the walk is, else at the end.
  mutating func deliver(_ hash: HistoryHash) {
    if isReplaying { return insertReceived(hash) }
    makeRoom()
    list.insert(hash, at: list.count)
  }

  /// Puts a received message behind the walk; before that has begun, behind everything expected for the time being.
  private mutating func insertReceived(_ hash: HistoryHash) {
    makeRoom()
    guard !list.isFull else { return }
    var hash = hash
    hash.isUsed = true
    hash.isUnplaced = walk == 0
    list.insert(hash, at: walk > 0 ? walk : ahead)
    if walk > 0 { walk += 1 }
    ahead += 1
  }

  /// Forgets one when the list is full: the oldest expected one, for with more room than the server has it is the one that
  /// the server cannot have any more; else the oldest.
  private mutating func makeRoom() {
    guard list.isFull, list.count > 0 else { return }
    if isReplaying {
      for position in 0..<ahead where !list[position].isUsed { return remove(at: position) }
    }
    remove(at: 0)
  }

  /// The walk is at its end: forgets what was passed over.
  private mutating func forgetPassedOver() {
    for position in (0..<ahead).reversed() where !list[position].isUnplaced && !list[position].isUsed {
      remove(at: position)
    }
  }

  /// The replay is over: forgets what was expected.
  mutating func forgetExpected() {
    for position in (0..<ahead).reversed() where !list[position].isUsed { remove(at: position) }
  }

  /// Takes an entry out, and keeps the places in the list at the same entries.
  private mutating func remove(at position: Int) {
    if position < ahead {
      if isReplaying, !list[position].isUsed { expectedCount -= 1 }
      ahead -= 1
    }
    if position < walk { walk -= 1 }
    list.remove(at: position)
  }
}
