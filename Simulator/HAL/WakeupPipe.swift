import Glibc

/// A pipe that one thread, or a signal handler, writes to so that another one's poll(2) returns.
final class WakeupPipe: Sendable {
  /// The end to poll for reading.
  let readDescriptor: Int32
  /// The end to write to; write(2) on it is safe in a signal handler.
  let writeDescriptor: Int32

  /// A pipe with both ends non-blocking; throws errno.
  init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError(code: errno) }
    readDescriptor = ends[0]
    writeDescriptor = ends[1]
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    _ = close(readDescriptor)
    _ = close(writeDescriptor)
  }

  /// Makes the reading end readable. A full pipe is readable already.
  func wake() {
    var byte: UInt8 = 1
    _ = write(writeDescriptor, &byte, 1)
  }

  /// Takes what was written; returns its first byte, or nil when there was nothing.
  func drain() -> UInt8? {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(readDescriptor, &bytes, bytes.count)
    return count > 0 ? bytes[0] : nil
  }
}

/// A system call failed; `code` is errno.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// errno.
  public var code: Int32

  /// The error with this errno.
  public init(code: Int32) {
    self.code = code
  }

  /// What the C library says about it, such as "No such file or directory".
  public var description: String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }
}
