@testable import Mles

// Input: a program of what happens on a channel and to a client's connection. Its first byte says what kind of life it is.

func fuzz(_ input: [UInt8]) {
  var program = Program(input)
  let kind = program.byte()
  if kind & 1 == 0 {
    keepsItsPromise(&program, HistoryFilter<96>(), limit: 1 + Int(kind >> 1) % 30)
  } else {
    keepsItsSize(&program)
  }
}

/// Where the conditions of `HistoryFilter`'s guarantee hold: every message is delivered once, none twice.
private func keepsItsPromise(_ program: inout Program, _ filter: consuming HistoryFilter<96>, limit: Int) {
  var server = HistoryModel(limit: limit)
  var seen: Set<Int> = []
  var (number, now) = (0, 1_000_000 as UInt64)
  let header = [UInt8](#"{"uid":"me","channel":"c"}"#)
  while !program.isAtEnd {
    number += 1
    now += 1
    switch program.byte() % 16 {
    case 0...4: server.publish(Array("other \(number)".utf8))
    case 5: server.storeHeader(Array(#"{"uid":"m\#(number)","channel":"c"}"#.utf8))
    case 6, 7: server.breakConnection()
    case 8 where program.byte() & 7 == 0: server.restart()
    case 9, 10:
      guard !server.isConnected else { continue }
      filter.beginReplay(nowMilliseconds: now)
      server.join(header: header)
      filter.noteHeader(header.span)
    case 11 where server.downlink.isEmpty: now += 20_000
    default:
      guard let entry = server.receive() else { continue }
      let isDuplicate = filter.isDuplicate(entry.payload.span, nowMilliseconds: now)
      let isSeen = entry.isHeader || !seen.insert(entry.serial).inserted
      require(
        isDuplicate == isSeen,
        "step \(number): \(String(decoding: entry.payload, as: UTF8.self)) was \(isSeen ? "delivered again" : "lost")")
    }
    requireConsistent(filter)
  }
}

/// Anything at all, in a filter that is too small for it, with few different payloads.
private func keepsItsSize(_ program: inout Program) {
  var filter = HistoryFilter<5>(windowMilliseconds: 100)
  var now: UInt64 = 0
  var (delivered, suppressed) = (0 as UInt64, 0 as UInt64)
  while !program.isAtEnd {
    let operation = program.byte()
    let payload = [operation >> 4 & 7]
    switch operation & 15 {
    case 0: filter.beginReplay(nowMilliseconds: now)
    case 1: filter.noteHeader(payload.span)
    case 2: now += UInt64(program.byte())
    case 3 where program.byte() & 7 == 0: filter.removeAll()
    default:
      if filter.isDuplicate(payload.span, nowMilliseconds: now) { suppressed += 1 } else { delivered += 1 }
    }
    require(filter.counters.delivered == delivered && filter.counters.suppressed == suppressed, "counters")
    requireConsistent(filter)
  }
}

/// The places in the list, and the number of what is expected.
private func requireConsistent<let capacity: Int>(_ filter: borrowing HistoryFilter<capacity>) {
  let (count, ahead, walk, expected) = (filter.count, filter.ahead, filter.walk, filter.expectedCount)
  require(count <= capacity && (0...count).contains(ahead) && (0...ahead).contains(walk), "\(walk), \(ahead), \(count)")
  var left = 0
  for position in 0..<ahead where !filter.list[position].isUsed { left += 1 }
  require(left == expected, "expected \(expected), but \(left) are in the list")
}
