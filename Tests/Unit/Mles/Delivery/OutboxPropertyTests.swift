import Testing
import WebSocket

@testable import Mles

/// Random operations on an outbox and on its model; after each, everything that can be seen has to be equal.
@Suite struct OutboxPropertyTests {
  private func compare<let bytes: Int, let messages: Int>(
    _ outbox: borrowing Outbox<bytes, messages>, _ model: OutboxModel, _ note: String
  ) {
    let expected = model.messages
    var held: [OutboxModel.Message] = []
    for index in 0..<outbox.count {
      guard let kind = outbox.kind(at: index), let state = outbox.state(at: index) else {
        Issue.record("no message at \(index), \(note)")
        return
      }
      let wasSent = state == .unconfirmed || state == .requeued || (state == .sending && expected[index].wasSent)
      held.append(OutboxModel.Message(bytes: Array(outbox.message(at: index)), kind: kind, wasSent: wasSent))
    }
    let next = Array(outbox.next)
    let counters = outbox.counters
    let counts = [outbox.count, outbox.unconfirmedCount, outbox.unsentCount, outbox.byteCount, outbox.freeBytes]
    #expect(held == expected, "\(note)")
    #expect(next == model.queue.first?.bytes ?? [], "\(note)")
    #expect(outbox.nextKind == model.queue.first?.kind ?? .text, "\(note)")
    #expect(outbox.isSending == model.isSending, "\(note)")
    #expect(counters == model.counters, "\(note)")
    #expect(
      counts == [
        expected.count, model.unconfirmed.count, model.queue.count, model.byteCount, bytes - model.byteCount,
      ], "\(note)")
    // Nothing that was accepted disappears without being counted.
    let accounted =
      counters.confirmed + counters.droppedQueued + counters.droppedUnconfirmed + UInt64(outbox.count)
    #expect(counters.accepted == accounted, "\(note)")
  }

  private func run<let bytes: Int, let messages: Int>(
    _ outbox: consuming Outbox<bytes, messages>, largestMessage: Int, seed: UInt64, steps: Int
  ) {
    var random = SeededGenerator(seed: seed)
    var model = OutboxModel(capacityBytes: bytes, capacityMessages: messages, policy: outbox.policy)
    for step in 0..<steps {
      let operation = Int.random(in: 0..<20, using: &random)
      switch operation {
      case 0..<9:
        let size = Int.random(in: 0...largestMessage, using: &random)
        let message = OutboxModel.Message(
          bytes: random.bytes(size), kind: Bool.random(using: &random) ? .text : .binary)
        var error: OutboxError?
        do throws(OutboxError) {
          try outbox.append(message.bytes.span, kind: message.kind)
        } catch let thrown {
          error = thrown
        }
        let expectedError = model.append(message)
        #expect(error == expectedError)
      case 9..<14:
        outbox.markSent()
        model.markSent()
      case 14, 15:
        outbox.beginNext()
        model.begin()
      case 16:
        outbox.confirmSent()
        model.confirmSent()
      case 17:
        outbox.rewind()
        model.rewind()
      case 18:
        let index = Int.random(in: -1...messages, using: &random)
        let isConfirmed = outbox.confirm(at: index)
        #expect(isConfirmed == model.confirm(at: index))
      default:
        if Int.random(in: 0..<20, using: &random) == 0 {
          outbox.removeAll()
          model.removeAll()
        } else {
          outbox.releaseSent()
          model.markSent()
          model.confirmSent()
        }
      }
      compare(outbox, model, "seed \(seed), step \(step), operation \(operation)")
    }
  }

  @Test(arguments: 0..<40, [OverflowPolicy.refuseNewest, .dropOldest])
  func tinyOutboxesBehaveLikeTheModel(seed: Int, policy: OverflowPolicy) {
    run(Outbox<16, 3>(policy: policy), largestMessage: 20, seed: UInt64(seed), steps: 300)
    run(Outbox<7, 20>(policy: policy), largestMessage: 3, seed: UInt64(seed), steps: 300)
    run(Outbox<5, 1>(policy: policy), largestMessage: 6, seed: UInt64(seed), steps: 200)
  }

  @Test(arguments: 0..<5, [OverflowPolicy.refuseNewest, .dropOldest])
  func theDefaultOutboxBehavesLikeTheModel(seed: Int, policy: OverflowPolicy) {
    run(DefaultOutbox(policy: policy), largestMessage: 200, seed: UInt64(seed), steps: 400)
    run(DefaultOutbox(policy: policy), largestMessage: 2100, seed: UInt64(seed), steps: 200)
    run(DefaultOutbox(policy: policy), largestMessage: 0, seed: UInt64(seed), steps: 200)
  }
}
