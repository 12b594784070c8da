@testable import Mles

/// A channel on a server, as one of its members meets it: stored history, replay at each join, live traffic in order,
/// bytes in flight both ways that a broken connection loses.
struct HistoryModel {
  /// One stored message; `serial` tells equal payloads apart, as no client can.
  struct Entry {
    var serial: Int
    var payload: [UInt8]
    var isOwn: Bool
  }

  let limit: Int
  private(set) var history: [Entry] = []
  private(set) var isConnected = false
  /// On the way to the client, oldest first.
  private(set) var downlink: [Entry] = []
  /// On the way from the client.
  private var uplink: [[UInt8]] = []
  private var serial = 0

  /// Messages of the client that the server has not read.
  var uplinkCount: Int { uplink.count }

  init(limit: Int) { self.limit = limit }

  private mutating func store(_ payload: [UInt8], isOwn: Bool) -> Entry {
    serial += 1
    let entry = Entry(serial: serial, payload: payload, isOwn: isOwn)
    history.append(entry)
    if history.count > limit { history.removeFirst() }
    return entry
  }

  /// The client joins with `header`: it gets the history, and its header is stored.
  mutating func join(header: [UInt8]) {
    isConnected = true
    downlink = history
    _ = store(header, isOwn: true)
  }

  /// Another member sends a message.
  mutating func publish(_ payload: [UInt8]) {
    let entry = store(payload, isOwn: false)
    if isConnected { downlink.append(entry) }
  }

  /// Another member joins: its header is stored, but not relayed.
  mutating func storeHeader(_ payload: [UInt8]) { _ = store(payload, isOwn: false) }

  /// The client sends; the server reads it at `readUplink`, or never.
  mutating func send(_ payload: [UInt8]) { uplink.append(payload) }

  /// The server reads the oldest message from the client.
  mutating func readUplink() {
    guard !uplink.isEmpty else { return }
    _ = store(uplink.removeFirst(), isOwn: true)
  }

  /// The client gets the oldest message on its way.
  mutating func receive() -> Entry? { downlink.isEmpty ? nil : downlink.removeFirst() }

  /// The connection breaks: what is in flight is lost.
  mutating func breakConnection() {
    isConnected = false
    downlink = []
    uplink = []
  }

  /// The server restarts: its history is in memory only.
  mutating func restart() {
    breakConnection()
    history = []
  }
}
