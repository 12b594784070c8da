/// One thing that happened, as a trace keeps it; `TraceRecord.text` puts it into words.
struct TraceRecord: Equatable {
  enum Kind: UInt8, CaseIterable {
    case boot, powerOff, published, refused, dropped, confirmed, phase, sensor, store
    case opens, nameFound, nameFailed, connected, connectRefused, clientCloses, serverCloses, finish, reset, severed
    case upgrade, join, joinRefused, leave, tick, pong, pingedOut, message, lostInServer, replayed, delivered
    case faultBegins, faultEnds, serverStops, serverStarts, stallBegins, stallEnds, wake
  }

  var timeMilliseconds: UInt64
  /// The client (nodes first, then subscribers), -1 for the world itself.
  var client: Int32
  var kind: Kind
  var first: Int64
  var second: Int64
}

/// What has happened in a world: the last records of each client for a person, and a digest of all of them for the
/// comparison of two runs.
final class Trace {
  /// Records kept for each client.
  static let recordCountMax = 96

  private struct Ring {
    var records: [TraceRecord] = []
    var next = 0

    mutating func add(_ record: TraceRecord) {
      if records.count < Trace.recordCountMax {
        records.append(record)
      } else {
        records[next] = record
        next = next + 1 == Trace.recordCountMax ? 0 : next + 1
      }
    }
  }

  /// Changes with every record.
  private(set) var digest: UInt64 = 0x6D6C_6573
  private(set) var recordCount = 0
  /// Gets every record as it is made.
  var onRecord: ((TraceRecord) -> Void)?
  /// Of the world itself at the end.
  private var rings: [Ring]

  init(clientCount: Int) { rings = Array(repeating: Ring(), count: clientCount + 1) }

  func note(_ kind: TraceRecord.Kind, _ client: Int, at time: UInt64, _ first: Int = 0, _ second: Int = 0) {
    let record = TraceRecord(
      timeMilliseconds: time, client: Int32(truncatingIfNeeded: client), kind: kind, first: Int64(first),
      second: Int64(second))
    recordCount += 1
    mix(time)
    mix(UInt64(kind.rawValue) | UInt64(truncatingIfNeeded: client + 1) << 8)
    mix(UInt64(bitPattern: record.first) &+ UInt64(bitPattern: record.second) << 32)
    rings[client < 0 ? rings.count - 1 : client].add(record)
    onRecord?(record)
  }

  private func mix(_ value: UInt64) {
    digest = (digest ^ value) &* 0x9FB2_1C65_1E98_DF25
    digest ^= digest >> 29
  }

  /// The last records of a client and of the world, in the order of time.
  func recent(_ client: Int) -> [TraceRecord] {
    var records = Array(Self.ordered(rings[rings.count - 1]).suffix(client < 0 ? Self.recordCountMax : 16))
    if client >= 0 { records += Self.ordered(rings[client]) }
    return records.enumerated().sorted {
      ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
    }.map(\.element)
  }

  private static func ordered(_ ring: Ring) -> [TraceRecord] {
    Array(ring.records[ring.next...] + ring.records[..<ring.next])
  }
}

extension TraceRecord {
  /// One line: time, who, what. `names` are those of the clients.
  func text(_ names: [String]) -> String {
    let who = client < 0 ? "world" : (Int(client) < names.count ? names[Int(client)] : "client \(client)")
    return "\(VirtualTime.text(timeMilliseconds))  \(who)  \(kind.words) \(first) \(second)"
  }
}

extension TraceRecord.Kind {
  /// What the record says; its two numbers follow.
  var words: String {
    switch self {
    case .boot: "boots: number, time of day known"
    case .powerOff: "loses power: readings in the outbox, milliseconds"
    case .published: "accepted: boot, sequence"
    case .refused: "refused by the outbox: boot, sequence"
    case .dropped: "dropped: boot, sequence"
    case .confirmed: "confirmed: boot, sequence"
    case .phase: "session: phase, attempt"
    case .sensor: "sensor errors so far, -"
    case .store: "key-value store failed, -"
    case .opens: "opens connection, -"
    case .nameFound: "name found: connection, -"
    case .nameFailed: "name not found: connection, -"
    case .connected: "connected: connection, -"
    case .connectRefused: "refused: connection, -"
    case .clientCloses: "client closes: connection, bytes unread"
    case .serverCloses: "server closes: connection, bytes waiting"
    case .finish: "FIN arrives: connection, direction (0 up, 1 down)"
    case .reset: "RST arrives: connection, direction (0 up, 1 down)"
    case .severed: "connection severed: connection, how"
    case .upgrade: "upgraded: connection, -"
    case .join: "joined: connection, entries replayed"
    case .joinRefused: "join refused: connection, reason"
    case .leave: "leaves: connection, -"
    case .tick: "server's ping: connection, unanswered before"
    case .pong: "pong: connection, -"
    case .pingedOut: "pinged out: connection, -"
    case .message: "relayed: boot, sequence"
    case .lostInServer: "lost in the server: boot, sequence"
    case .replayed: "relayed again: boot, sequence"
    case .delivered: "delivered: boot, sequence"
    case .faultBegins: "fault begins: kind, milliseconds"
    case .faultEnds: "fault ends: kind, -"
    case .serverStops: "server stops: how, milliseconds"
    case .serverStarts: "server starts, -"
    case .stallBegins: "server stalls: milliseconds, -"
    case .stallEnds: "server goes on, events waiting"
    case .wake: "called, -"
    }
  }
}

/// Virtual time for people.
enum VirtualTime {
  /// `13:05:09.250` since the start of the world.
  static func text(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1000
    func padded(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))."
      + padded(milliseconds % 1000, 3)
  }
}
