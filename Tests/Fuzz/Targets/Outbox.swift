import WebSocket

@testable import Mles

// Input: a program of operations on an outbox and on its model (Tests/Unit/Mles/Delivery/OutboxModel.swift).

func fuzz(_ input: [UInt8]) {
  var program = Program(input)
  let kind = program.byte()
  let policy = kind & 1 == 0 ? OverflowPolicy.refuseNewest : .dropOldest
  switch kind >> 1 & 3 {
  case 0: run(&program, Outbox<16, 3>(policy: policy))
  case 1: run(&program, Outbox<7, 20>(policy: policy))
  case 2: run(&program, Outbox<5, 1>(policy: policy))
  default: run(&program, Outbox<200, 8>(policy: policy))
  }
}

private func run<let bytes: Int, let messages: Int>(
  _ program: inout Program, _ outbox: consuming Outbox<bytes, messages>
) {
  var model = OutboxModel(capacityBytes: bytes, capacityMessages: messages, policy: outbox.policy)
  while !program.isAtEnd {
    let operation = program.byte()
    switch operation & 15 {
    case 0...6: append(&outbox, &model, &program)
    case 7, 8:
      outbox.markSent()
      model.markSent()
    case 9:
      outbox.beginNext()
      model.begin()
    case 10:
      outbox.confirmSent()
      model.confirmSent()
    case 11:
      outbox.rewind()
      model.rewind()
    case 12:
      let index = Int(operation >> 4) - 1
      let isConfirmed = outbox.confirm(at: index)
      requireEqual(isConfirmed, model.confirm(at: index), "whether \(index) is confirmed")
    case 13:
      outbox.releaseSent()
      model.markSent()
      model.confirmSent()
    case 14:
      outbox.removeAll()
      model.removeAll()
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
    let isUnconfirmed = index < model.unconfirmed.count
    let isSending = index == model.unconfirmed.count && model.isSending
    let state: OutboxMessageState =
      isUnconfirmed ? .unconfirmed : isSending ? .sending : message.wasSent ? .requeued : .queued
    require(outbox.state(at: index) == state, "state of message \(index), expected \(state)")
  }
  requireEqual(Array(outbox.next), model.queue.first?.bytes ?? [], "the next message")
  require(outbox.byteCount == model.byteCount && outbox.freeBytes == bytes - model.byteCount, "bytes")
  let counters = outbox.counters
  requireEqual(counters, model.counters, "counters")
  let accounted = counters.confirmed + counters.droppedQueued + counters.droppedUnconfirmed + UInt64(outbox.count)
  require(counters.accepted == accounted, "accepted \(counters.accepted), accounted for \(accounted)")
}
