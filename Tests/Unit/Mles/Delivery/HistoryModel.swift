@testable import Mles

/// A channel on a server, as a member that receives meets it: stored history, replay at each join, live traffic in order,
/// bytes in flight that a broken connection loses.
struct HistoryModel {
  /// One stored message; `serial` tells equal payloads apart, as no client can.
  struct Entry {
    var serial: Int
    var payload: [UInt8]
    /// Whether it is the client's own join header.
    var isHeader: Bool
  }

  let limit: Int
  private(set) var history: [Entry] = []
  private(set) var isConnected = false
  /// On the way to the client, oldest first.
  private(set) var downlink: [Entry] = []
  private var serial = 0

  init(limit: Int) { self.limit = limit }

  private mutating func store(_ payload: [UInt8], isHeader: Bool = false) -> Entry {
    serial += 1
    let entry = Entry(serial: serial, payload: payload, isHeader: isHeader)
    history.append(entry)
    if history.count > limit { history.removeFirst() }
    return entry
  }

  /// The client joins with `header`: it gets the history, and its header is stored.
  mutating func join(header: [UInt8]) {
    isConnected = true
    downlink = history
    _ = store(header, isHeader: true)
  }

  /// Another member sends a message.
  mutating func publish(_ payload: [UInt8]) {
    let entry = store(payload)
    if isConnected { downlink.append(entry) }
  }

  /// Another member joins: its header is stored, but not relayed.
  mutating func storeHeader(_ payload: [UInt8]) { _ = store(payload) }

  /// The client gets the oldest message on its way.
  mutating func receive() -> Entry? { downlink.isEmpty ? nil : downlink.removeFirst() }

  /// The connection breaks: what is in flight is lost.
  mutating func breakConnection() {
    isConnected = false
    downlink = []
  }

  /// The server restarts: its history is in memory only.
  mutating func restart() {
    breakConnection()
    history = []
  }
}
