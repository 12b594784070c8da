import Bytes

/// The header of a frame (RFC 6455, section 5.2).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| length  (7) |  extended length (0, 16, 64)  |
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |  masking key (0 or 32)                                        |
///     +---------------------------------------------------------------+
public struct FrameHeader: Equatable, Sendable {
  /// Whether this is the last frame of its message (FIN).
  public var isFinal: Bool
  /// What the frame carries.
  public var opcode: Opcode
  /// The masking key as a big-endian number, nil for a frame that is not masked.
  public var maskingKey: UInt32?
  /// The size of the payload in bytes, at most 2^63 - 1.
  public var payloadLength: UInt64

  /// The largest header: 2 bytes, 8 of length, 4 of masking key.
  public static let maximumSize = 14
  /// The largest payload of a control frame, in bytes (section 5.5).
  public static let maximumControlPayload = 125

  /// A header with these fields.
  public init(isFinal: Bool, opcode: Opcode, maskingKey: UInt32?, payloadLength: UInt64) {
    self.isFinal = isFinal
    self.opcode = opcode
    self.maskingKey = maskingKey
    self.payloadLength = payloadLength
  }

  /// The size of the header on the wire, in bytes.
  public var encodedSize: Int {
    2 &+ (payloadLength < 126 ? 0 : payloadLength < 0x1_0000 ? 2 : 8) &+ (maskingKey == nil ? 0 : 4)
  }

  /// The size of the largest payload whose frame fits into `byteCount` bytes; 0 where not even a header does.
  static func maximumPayload(inFrameOf byteCount: Int, isMasked: Bool) -> Int {
    let room = byteCount &- (isMasked ? 6 : 2)
    if room <= 125 { return max(0, room) }
    if room <= 2 + 0xFFFF { return max(125, room &- 2) }
    return max(0xFFFF, room &- 8)
  }

  /// Writes the header into the first `encodedSize` bytes of `output`; false, and nothing written, when it is too small
  /// or `payloadLength` is above 2^63 - 1.
  public func encode(into output: inout MutableSpan<UInt8>) -> Bool {
    encodeFields(into: &output)
  }

  @inline(__always)
  private func encodeFields(into output: inout MutableSpan<UInt8>) -> Bool {
    guard output.count >= encodedSize, payloadLength & 0x8000_0000_0000_0000 == 0 else { return false }
    output[0] = (isFinal ? 0x80 : 0) | opcode.rawValue
    let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
    var end = 2
    if payloadLength < 126 {
      output[1] = maskBit | UInt8(truncatingIfNeeded: payloadLength)
    } else if payloadLength < 0x1_0000 {
      output[1] = maskBit | 126
      end = 4
    } else {
      output[1] = maskBit | 127
      end = 10
    }
    var rest = payloadLength
    var index = end
    while index > 2 {
      index &-= 1
      output[index] = UInt8(truncatingIfNeeded: rest)
      rest &>>= 8
    }
    if let maskingKey {
      output[end] = UInt8(truncatingIfNeeded: maskingKey &>> 24)
      output[end &+ 1] = UInt8(truncatingIfNeeded: maskingKey &>> 16)
      output[end &+ 2] = UInt8(truncatingIfNeeded: maskingKey &>> 8)
      output[end &+ 3] = UInt8(truncatingIfNeeded: maskingKey)
    }
    return true
  }

  /// Writes the whole frame, `payload` masked as the header says; returns its size, or nil, and nothing written, when
  /// `output` is too small.
  func encode(with payload: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int? {
    let size = encodedSize
    guard payload.count <= output.count &- size, encodeFields(into: &output) else { return nil }
    var body = output._mutatingExtracting(droppingFirst: size)
    Masking.copy(payload, into: &body, maskingKey: maskingKey ?? 0, offset: 0)
    return size &+ payload.count
  }

  /// Reads a header from the start of `bytes` as `receiver` must read it: nil while bytes are missing, an error at the
  /// first byte that shows it.
  public static func decode(_ bytes: Span<UInt8>, receiver: Role) throws(ProtocolError) -> FrameHeader? {
    guard bytes.count >= 1 else { return nil }
    let first = bytes[0]
    guard first & 0x70 == 0 else { throw .reservedBits(bits: (first &>> 4) & 0x7) }
    guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode(got: first & 0x0F) }
    let isFinal = first & 0x80 != 0
    guard isFinal || !opcode.isControl else { throw .fragmentedControlFrame(opcode) }

    guard bytes.count >= 2 else { return nil }
    let isMasked = bytes[1] & 0x80 != 0
    if isMasked != (receiver == .server) {
      throw receiver == .server ? .unmaskedFrameFromClient : .maskedFrameFromServer
    }
    let shortLength = bytes[1] & 0x7F
    guard !opcode.isControl || shortLength <= UInt8(maximumControlPayload) else {
      throw .controlFrameTooLong(opcode)
    }
    let lengthBytes = shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8
    if lengthBytes == 8, bytes.count >= 3, bytes[2] & 0x80 != 0 { throw .lengthAbove63Bits }
    let payloadStart = 2 &+ lengthBytes &+ (isMasked ? 4 : 0)
    guard bytes.count >= 2 &+ lengthBytes else { return nil }
    let length = try decodeLength(bytes, short: shortLength, lengthBytes: lengthBytes)
    guard bytes.count >= payloadStart else { return nil }
    let key = isMasked ? bigEndian32(bytes, at: payloadStart &- 4) : nil
    return FrameHeader(isFinal: isFinal, opcode: opcode, maskingKey: key, payloadLength: length)
  }

  private static func decodeLength(
    _ bytes: Span<UInt8>, short: UInt8, lengthBytes: Int
  ) throws(ProtocolError) -> UInt64 {
    guard lengthBytes > 0 else { return UInt64(extending: short) }
    var length: UInt64 = 0
    for index in 2..<(2 &+ lengthBytes) { length = length &<< 8 | UInt64(extending: bytes[index]) }
    guard length >= (lengthBytes == 2 ? 126 : 0x1_0000) else {
      throw .nonMinimalLength(length: length, lengthBytes: lengthBytes)
    }
    return length
  }

  @inline(__always)
  static func bigEndian32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
    let raw = bytes.extracting(offset..<(offset &+ 4)).bytes
    return UInt32(bigEndian: raw.unsafeLoadUnaligned(as: UInt32.self))
  }
}
