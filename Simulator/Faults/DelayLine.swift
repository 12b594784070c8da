import HAL

/// Bytes on their way in one direction, each with the time at which it arrives; a stream keeps their order.
struct DelayLine {
  /// The most bytes on their way: the largest window that TCP has without scaling it (RFC 9293).
  static let byteCountMax = 65_535

  /// What comes behind the last byte.
  enum End {
    case finished
    case failed(SocketError)
  }

  private var pieces = FIFO<(bytes: ArraySlice<UInt8>, arrivalMilliseconds: UInt64)>()
  /// What has been consumed of the first piece.
  private var consumedCount = 0
  /// When the last piece, or the end, arrives or has arrived.
  private(set) var lastArrivalMilliseconds: UInt64 = 0
  private var ending: End?
  /// Bytes on their way, or arrived and not taken.
  private(set) var byteCount = 0

  var freeByteCount: Int { Self.byteCountMax - byteCount }
  /// Whether nothing comes behind what is on its way.
  var isEnding: Bool { ending != nil }

  /// When the next piece, or the end, arrives or has arrived; nil when nothing is on its way, or never arrives.
  var nextArrivalMilliseconds: UInt64? {
    let next = pieces.first?.arrivalMilliseconds ?? (isEnding ? lastArrivalMilliseconds : .max)
    return next == .max ? nil : next
  }

  /// Sends bytes on their way; they arrive at this time, but not before those ahead of them.
  mutating func append(_ bytes: ArraySlice<UInt8>, arrivalMilliseconds arrival: UInt64) {
    guard !bytes.isEmpty, !isEnding else { return }
    lastArrivalMilliseconds = max(lastArrivalMilliseconds, arrival)
    pieces.append((bytes, lastArrivalMilliseconds))
    byteCount += bytes.count
  }

  /// Sends the end on its way; the first one counts.
  mutating func append(_ end: End, arrivalMilliseconds arrival: UInt64) {
    guard !isEnding else { return }
    lastArrivalMilliseconds = max(lastArrivalMilliseconds, arrival)
    ending = end
  }

  /// The next bytes that have arrived, nil when there are none.
  func arrived(_ now: UInt64) -> ArraySlice<UInt8>? {
    guard let piece = pieces.first, piece.arrivalMilliseconds <= now else { return nil }
    return piece.bytes.dropFirst(consumedCount)
  }

  /// The end, once it and all before it has arrived.
  func arrivedEnd(_ now: UInt64) -> End? {
    pieces.isEmpty && lastArrivalMilliseconds <= now ? ending : nil
  }

  /// Takes so many bytes of those that `arrived` showed.
  mutating func consume(_ count: Int) {
    byteCount -= count
    consumedCount += count
    guard let piece = pieces.first, consumedCount >= piece.bytes.count else { return }
    _ = pieces.removeFirst()
    consumedCount = 0
  }

  /// Loses everything that is on its way.
  mutating func removeAll() { self = DelayLine() }
}
