/// Who a member is on its channel: `auth` as spelled.
struct ServerIdentity: Equatable {
  let uid: [UInt8]
  let auth: [UInt8]?
}

/// One channel of the simulated server.
final class ServerChannel {
  let name: [UInt8]
  /// The channel's number for the checkers.
  let number: Int
  /// In the order in which they joined.
  var members: [ServerConnection] = []
  private(set) var history = FIFO<[UInt8]>()
  /// Entries stored since the start of the world, also before a restart of the server.
  private(set) var entryCount: Int

  init(name: [UInt8], number: Int, entryCount: Int) {
    self.name = name
    self.number = number
    self.entryCount = entryCount
  }

  /// The number of the oldest entry that is still there.
  var firstEntry: Int { entryCount - history.count }

  /// Stores an entry, drops the oldest above the limit, and returns its number.
  func store(_ wire: [UInt8], limit: Int) -> Int {
    history.append(wire)
    while history.count > limit { _ = history.removeFirst() }
    entryCount += 1
    return entryCount - 1
  }
}

/// Frames as the server sends them: unmasked, FIN set, minimal length.
enum ServerFrame {
  static let ping: [UInt8] = [0x89, 0x00]
  static let close: [UInt8] = [0x88, 0x00]

  /// A message of less than 64 KiB.
  static func message(_ first: UInt8, _ payload: Span<UInt8>) -> [UInt8] {
    let count = payload.count
    let header = count < 126 ? 2 : 4
    return [UInt8](unsafeUninitializedCapacity: header + count) { buffer, size in
      buffer[0] = first
      if count < 126 {
        buffer[1] = UInt8(truncatingIfNeeded: count)
      } else {
        buffer[1] = 126
        buffer[2] = UInt8(truncatingIfNeeded: count >> 8)
        buffer[3] = UInt8(truncatingIfNeeded: count)
      }
      payload.withUnsafeBufferPointer { source in
        for index in 0..<count { buffer[header + index] = source[index] }
      }
      size = header + count
    }
  }
}
