import Bytes
import HAL

/// A bus that answers from a script, and keeps what was asked.
struct ScriptedBus: I2CBus, ~Copyable {
  enum Transfer: Equatable {
    case wrote([UInt8], to: UInt8)
    case read(Int, from: UInt8)
  }

  enum Answer: Equatable {
    case acknowledged
    case bytes([UInt8])
    case fails(I2CError)
  }

  /// The answers to the next transfers; when none is left, writes are acknowledged and reads are not.
  var answers: [Answer] = []
  private(set) var transfers: [Transfer] = []

  init(_ answers: [Answer] = []) {
    self.answers = answers
  }

  /// The commands written so far, and "read" with a size for each read.
  var log: [String] {
    transfers.map { transfer in
      switch transfer {
      case .wrote(let bytes, _): bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      case .read(let count, _): "read\(count)"
      }
    }
  }

  mutating func clearLog() {
    transfers = []
  }

  mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) {
    transfers.append(.wrote(bytes.indices.map { bytes[$0] }, to: address))
    guard !answers.isEmpty else { return }
    if case .fails(let error) = answers.removeFirst() { throw error }
  }

  mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) {
    transfers.append(.read(output.count, from: address))
    guard !answers.isEmpty else { throw .notAcknowledged(address: address) }
    switch answers.removeFirst() {
    case .fails(let error): throw error
    case .acknowledged: break
    case .bytes(let bytes):
      for index in output.indices { output[index] = index < bytes.count ? bytes[index] : 0xFF }
    }
  }
}
