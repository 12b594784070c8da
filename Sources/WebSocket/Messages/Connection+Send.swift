import Bytes

// What a node does not send: messages in fragments, and Pings.

extension Connection {
  /// Queues the next fragment of a message; control frames may go between fragments.
  public mutating func sendFragment(
    _ payload: Span<UInt8>, kind: MessageKind, isFinal: Bool, randomBits: UInt32
  ) throws(SendError) {
    if let sendingKind, sendingKind != kind { throw .unfinishedMessage(sendingKind) }
    try sendFrame(payload, opcode: sendingKind == nil ? kind.opcode : .continuation, isFinal: isFinal, randomBits)
    sendingKind = isFinal ? nil : kind
  }

  /// Queues a Ping with up to 125 bytes. An Mles server relays and stores a client's Ping: a polite Mles client sends
  /// none.
  public mutating func sendPing(_ payload: Span<UInt8>, randomBits: UInt32) throws(SendError) {
    guard payload.count <= FrameHeader.maximumControlPayload else {
      throw .tooLarge(
        CapacityError(requiredBytes: payload.count, capacityBytes: FrameHeader.maximumControlPayload))
    }
    try sendFrame(payload, opcode: .ping, isFinal: true, randomBits)
  }
}
