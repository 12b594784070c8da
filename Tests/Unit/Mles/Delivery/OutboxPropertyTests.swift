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
      guard let kind = outbox.kind(at: index) else {
        Issue.record("no message at \(index), \(note)")
        return
      }
      let sent = expected.indices.contains(index) ? expected[index].sentMilliseconds : 0
      held.append(
        OutboxModel.Message(bytes: Array(outbox.message(at: index)), kind: kind, sentMilliseconds: sent))
    }
    let next = Array(outbox.next)
    let counters = outbox.counters
    let counts = [outbox.count, outbox.unconfirmedCount, outbox.unsentCount, outbox.byteCount, outbox.freeBytes]
    #expect(held == expected, "\(note)")
    let (hasNext, isInDoubt, isAllSent) = (outbox.hasNext, outbox.isInDoubt, outbox.isAllSent)
    #expect(next == (model.hasNext ? model.queue[0].bytes : []), "\(note)")
    #expect(outbox.nextKind == model.queue.first?.kind ?? .text, "\(note)")
    #expect(hasNext == model.hasNext, "\(note)")
    #expect(isInDoubt == model.isInDoubt, "\(note)")
    #expect(isAllSent == (!expected.isEmpty && model.queue.isEmpty && !model.isInDoubt), "\(note)")
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
    var model = OutboxModel(
      capacityBytes: bytes, capacityMessages: messages, policy: outbox.policy,
      messagesAreUnique: outbox.messagesAreUnique)
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
        outbox.markSent(nowMilliseconds: UInt64(step))
        model.markSent(UInt64(step))
      case 14:
        let time = UInt64(max(0, step - Int.random(in: 0..<20, using: &random)))
        outbox.confirmSent(before: time)
        model.confirmSent(before: time)
      case 15:
        guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
        outbox.confirmSent()
        model.confirmSent()
      case 16:
        let wasRead = Int.random(in: 0..<4, using: &random) > 0
        outbox.rewind(wasRead: wasRead)
        model.rewind(wasRead: wasRead)
      case 17, 18:
        let message = model.messages.randomElement(using: &random) ?? OutboxModel.Message(bytes: [], kind: .text)
        let isRecognized = outbox.recognize(message.bytes.span, kind: message.kind)
        #expect(isRecognized == model.recognize(message))
      default:
        outbox.settleDoubt()
        model.settleDoubt()
      }
      compare(outbox, model, "seed \(seed), step \(step), operation \(operation)")
    }
  }

  @Test(arguments: 0..<40, [OverflowPolicy.refuseNewest, .dropOldest, .letGoOfSent])
  func tinyOutboxesBehaveLikeTheModel(seed: Int, policy: OverflowPolicy) {
    run(Outbox<16, 3>(policy: policy), largestMessage: 20, seed: UInt64(seed), steps: 300)
    run(Outbox<7, 20>(policy: policy), largestMessage: 3, seed: UInt64(seed), steps: 300)
    run(Outbox<5, 1>(policy: policy), largestMessage: 6, seed: UInt64(seed), steps: 200)
    run(Outbox<16, 3>(policy: policy, messagesAreUnique: false), largestMessage: 20, seed: UInt64(seed), steps: 300)
  }

  @Test(arguments: 0..<5, [OverflowPolicy.refuseNewest, .dropOldest, .letGoOfSent])
  func theDefaultOutboxBehavesLikeTheModel(seed: Int, policy: OverflowPolicy) {
    run(DefaultOutbox(policy: policy), largestMessage: 200, seed: UInt64(seed), steps: 400)
    run(DefaultOutbox(policy: policy), largestMessage: 2100, seed: UInt64(seed), steps: 200)
    run(DefaultOutbox(policy: policy), largestMessage: 0, seed: UInt64(seed), steps: 200)
  }
}
