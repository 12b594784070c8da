/// What happens at a moment of virtual time.
struct WorldEvent: Equatable {
  /// What is to be done; `target` and `value` mean something else for each.
  enum Kind: UInt8 {
    /// `target`: client. It asked to be called.
    case clientTimer
    /// `target`: connection. The name was looked up.
    case nameAnswered
    /// `target`: connection; `value`: how many were sent before. A SYN reaches the server.
    case connectionRequest
    /// `target`: connection; `value`: 1 when accepted, 0 when refused. The answer reaches the client.
    case connectionAnswer
    /// `target`: connection; `value`: direction and count of bytes, which arrive.
    case segment
    /// `target`: connection; `value`: direction. FIN arrives.
    case finish
    /// `target`: connection; `value`: direction. RST arrives.
    case reset
    /// `target`: connection; `value`: direction. The writer hears that there is room again.
    case room
    /// `target`: connection. The server's 24 s are over.
    case serverTick
    /// `target`: connection. The server answers the upgrade.
    case serverUpgrade
    /// The server's event loop goes on, or the server starts.
    case serverResumes
    /// `target`: kind of fault. The next one is due.
    case faultBegins
    /// `target`: place in the list of faults that are on.
    case faultEnds
    /// `target`: node. Power comes back.
    case powerOn
    /// The checkers look around.
    case audit
  }

  var timeMilliseconds: UInt64
  /// The number of the insertion, which decides between events of the same moment.
  var order: UInt64
  var target: Int32
  var value: Int32
  var kind: Kind

  func isBefore(_ other: WorldEvent) -> Bool {
    timeMilliseconds != other.timeMilliseconds
      ? timeMilliseconds < other.timeMilliseconds : order < other.order
  }
}

/// The events to come: a binary heap. Events of one moment come out in the order in which they went in, so that nothing
/// depends on the shape of the heap.
struct EventHeap {
  private var storage: [WorldEvent] = []
  private var insertions: UInt64 = 0

  var count: Int { storage.count }
  var first: WorldEvent? { storage.first }

  mutating func insert(_ kind: WorldEvent.Kind, at time: UInt64, target: Int = 0, value: Int = 0) {
    insertions += 1
    storage.append(
      WorldEvent(
        timeMilliseconds: time, order: insertions, target: Int32(truncatingIfNeeded: target),
        value: Int32(truncatingIfNeeded: value), kind: kind))
    storage.withUnsafeMutableBufferPointer { Self.rise($0) }
  }

  /// Takes out the earliest event.
  mutating func removeFirst() -> WorldEvent? {
    guard let last = storage.popLast() else { return nil }
    guard let first = storage.first else { return last }
    storage.withUnsafeMutableBufferPointer { Self.sink(last, $0) }
    return first
  }

  private static func rise(_ events: UnsafeMutableBufferPointer<WorldEvent>) {
    var child = events.count - 1
    let event = events[child]
    while child > 0 {
      let parent = (child - 1) / 2
      guard event.isBefore(events[parent]) else { break }
      events[child] = events[parent]
      child = parent
    }
    events[child] = event
  }

  private static func sink(_ event: WorldEvent, _ events: UnsafeMutableBufferPointer<WorldEvent>) {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < events.count else { break }
      if child + 1 < events.count, events[child + 1].isBefore(events[child]) { child += 1 }
      guard events[child].isBefore(event) else { break }
      events[parent] = events[child]
      parent = child
    }
    events[parent] = event
  }
}
