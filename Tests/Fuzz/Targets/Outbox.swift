import WebSocket

@testable import Mles

// Input: a program of operations on an outbox and on its model (Tests/Unit/Mles/Delivery/OutboxModel.swift).

func fuzz(_ input: [UInt8]) {
  var program = Program(input)
  let kind = program.byte()
  let policy = [OverflowPolicy.refuseNewest, .dropOldest, .letGoOfSent][Int(kind >> 3) % 3]
  switch kind & 3 {
  case 0: run(&program, Outbox<16, 3>(policy: policy, messagesAreUnique: kind & 0x80 == 0))
  case 1: run(&program, Outbox<7, 20>(policy: policy))
  case 2: run(&program, Outbox<5, 1>(policy: policy))
  default: run(&program, Outbox<200, 8>(policy: policy))
  }
}

private func run<let bytes: Int, let messages: Int>(
  _ program: inout Program, _ outbox: consuming Outbox<bytes, messages>
) {
  var model = OutboxModel(
    capacityBytes: bytes, capacityMessages: messages, policy: outbox.policy, messagesAreUnique: outbox.messagesAreUnique
  )
  var now: UInt64 = 0xFFFF_FF00
  while !program.isAtEnd {
    let operation = program.byte()
    switch operation & 15 {
    case 0...6: append(&outbox, &model, &program)
    case 7, 8:
      outbox.markSent(nowMilliseconds: now)
      model.markSent(now)
    case 9:
      // Time as a board counts it, cut to 32 bits somewhere.
      now &+= UInt64(program.byte()) << (operation >> 4)
    case 10:
      outbox.confirmSent()
      model.confirmSent()
    case 11:
      outbox.rewind(wasRead: operation & 16 == 0)
      model.rewind(wasRead: operation & 16 == 0)
    case 12:
      let held = model.messages
      let index = Int(operation >> 4)
      let message = held.indices.contains(index) ? held[index] : OutboxModel.Message(bytes: [], kind: .text)
      let isRecognized = outbox.recognize(message.bytes.span, kind: message.kind)
      requireEqual(isRecognized, model.recognize(message), "whether \(index) is recognized")
    case 13:
      let before = now &- UInt64(program.byte())
      outbox.confirmSent(before: before)
      model.confirmSent(before: before)
    case 14:
      outbox.settleDoubt()
      model.settleDoubt()
    default: break
    }
    compare(outbox, model)
  }
}

private func append<let bytes: Int, let messages: Int>(
  _ outbox: inout Outbox<bytes, messages>, _ model: inout OutboxModel, _ program: inout Program
) {
  let size = Int(program.byte()) % (bytes + 4)
  let message = OutboxModel.Message(
    bytes: [UInt8](repeating: program.byte(), count: size), kind: size & 1 == 0 ? .text : .binary)
  var error: OutboxError?
  do throws(OutboxError) {
    try outbox.append(message.bytes.span, kind: message.kind)
  } catch let thrown {
    error = thrown
  }
  requireEqual(error, model.append(message), "what became of \(size) bytes")
}

/// Everything that can be seen, and that nothing which was accepted disappears without being counted.
private func compare<let bytes: Int, let messages: Int>(
  _ outbox: borrowing Outbox<bytes, messages>, _ model: OutboxModel
) {
  let expected = model.messages
  require(outbox.count == expected.count, "\(outbox.count) messages, expected \(expected.count)")
  for (index, message) in expected.enumerated() {
    requireEqual(Array(outbox.message(at: index)), message.bytes, "message \(index)")
    require(outbox.kind(at: index) == message.kind, "kind of message \(index)")
  }
  requireEqual(Array(outbox.next), model.hasNext ? model.queue[0].bytes : [], "the next message")
  require(outbox.hasNext == model.hasNext && outbox.isInDoubt == model.isInDoubt, "what may be sent")
  require(outbox.unconfirmedCount == model.unconfirmed.count, "unconfirmed")
  require(outbox.byteCount == model.byteCount && outbox.freeBytes == bytes - model.byteCount, "bytes")
  let counters = outbox.counters
  requireEqual(counters, model.counters, "counters")
  let accounted = counters.confirmed + counters.droppedQueued + counters.droppedUnconfirmed + UInt64(outbox.count)
  require(counters.accepted == accounted, "accepted \(counters.accepted), accounted for \(accounted)")
}
