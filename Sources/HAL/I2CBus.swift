/// An I2C bus with this board as its only controller; 7-bit addresses.
public protocol I2CBus: ~Copyable {
  /// START, `address` + write, `bytes`, STOP.
  mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError)

  /// START, `address` + read, `output.count` bytes, STOP.
  mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError)
}

/// Why a transfer failed.
public enum I2CError: Error, Equatable {
  /// Nobody answered at this address, or it is busy.
  case notAcknowledged(address: UInt8)
  /// The clock was held down too long, or a line is stuck.
  case busStuck
  /// Anything else; `code` is the board's own number.
  case failed(code: Int32)
}
