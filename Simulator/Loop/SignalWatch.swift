import Glibc
import Synchronization

/// Turns signals into bytes on a pipe, so that a loop ends in order. Each signal is caught once: a second Ctrl-C finds
/// the system's own handling again and ends the process at once, even one that hangs.
public final class SignalWatch {
  private let wakeup: WakeupPipe
  private let signals: [Int32]
  private var previous: [sigaction] = []

  /// Where the handler writes to; one watch at a time. A handler can reach nothing but globals.
  private static let target = Atomic<Int32>(-1)

  /// Watches `signals`, by default what Ctrl-C and an orderly kill(1) send, until the watch is released.
  public init(_ signals: [Int32] = [2, 15]) throws(SystemError) {
    self.signals = signals
    wakeup = try WakeupPipe()
    Self.target.store(wakeup.writeDescriptor, ordering: .sequentiallyConsistent)
    for signal in signals {
      var action = sigaction()
      var before = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        // Nothing here but what signal-safety(7) allows; errno is the interrupted code's.
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(SignalWatch.target.load(ordering: .sequentiallyConsistent), &byte, 1)
        errno = code
      }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      _ = sigaction(signal, &action, &before)
      previous.append(before)
    }
  }

  deinit {
    for (signal, var action) in zip(signals, previous) { sigaction(signal, &action, nil) }
    _ = Self.target.compareExchange(
      expected: wakeup.writeDescriptor, desired: -1, ordering: .sequentiallyConsistent)
  }

  /// Readable once a signal has come.
  public var fileDescriptor: Int32 { wakeup.readDescriptor }

  /// The oldest signal that came since the last call, or nil.
  public func next() -> Int32? { wakeup.drain().map { Int32($0) } }
}
