import Bytes
import Glibc

/// Bytes that nobody else may learn: a key, in one place of memory that is overwritten before it is given back. An array
/// would leave copies of itself behind.
public final class Secret: @unchecked Sendable {
  // Written only while it is made.
  private let memory: UnsafeMutableBufferPointer<UInt8>
  /// The number of bytes.
  public let count: Int

  /// What `fill` puts into memory of `capacity` bytes; it returns how many those are.
  public init(capacity: Int, fill: (inout MutableSpan<UInt8>) -> Int) {
    memory = .allocate(capacity: max(1, capacity))
    memory.initialize(repeating: 0)
    var span = memory.mutableSpan
    count = max(0, min(fill(&span), memory.count))
  }

  /// A copy of `bytes`.
  public convenience init(copying bytes: Span<UInt8>) {
    self.init(capacity: bytes.count) { memory in
      memory.copyBytes(bytes, to: 0)
      return bytes.count
    }
  }

  deinit {
    var span = memory.mutableSpan
    span.erase()
    memory.deallocate()
  }

  /// Lends the bytes to `body`.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(memory.span.extracting(0..<count))
  }
}

/// Why a file with a secret was not taken.
enum SecretFileError: Error, Equatable, CustomStringConvertible {
  case system(SystemError)
  case tooLarge(byteCountMax: Int)
  case openToOthers(mode: mode_t)

  var description: String {
    switch self {
    case .system(let error): return "\(error)"
    case .tooLarge(let byteCountMax): return "expected at most \(byteCountMax) bytes"
    case .openToOthers(let mode):
      let digits = String(mode, radix: 8)
      return "other users can get at it (mode \(digits)); expected mode 600 ('chmod 600'), and a new key if it was read"
    }
  }
}

/// The secret that a file holds, at most `byteCountMax` bytes.
///
/// As ssh does with private keys, a file of this user's own that others have any right to is refused: a warning would be
/// read once, and the key stay open for years. A file of somebody else is taken as it is - this user cannot change its
/// mode, and who gave it (an administrator, a container's secrets) meant it to be read - and so is what is no file, a
/// pipe for example.
func readSecret(at path: String, byteCountMax: Int) -> Result<Secret, SecretFileError> {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(.system(SystemError(code: errno))) }
  defer { _ = close(descriptor) }
  var information = stat()
  guard fstat(descriptor, &information) == 0 else { return .failure(.system(SystemError(code: errno))) }
  let isOwnFile = information.st_mode & S_IFMT == S_IFREG && information.st_uid == geteuid()
  if isOwnFile, information.st_mode & (S_IRWXG | S_IRWXO) != 0 {
    return .failure(.openToOthers(mode: information.st_mode & 0o777))
  }
  var code: Int32 = 0
  // A byte more than may come shows that too many do.
  let secret = Secret(capacity: byteCountMax + 1) { memory in
    let count = memory.withUnsafeMutableBytes { readAll(descriptor, $0) }
    if count < 0 { code = errno }
    return count
  }
  if code != 0 { return .failure(.system(SystemError(code: code))) }
  return secret.count > byteCountMax ? .failure(.tooLarge(byteCountMax: byteCountMax)) : .success(secret)
}

/// Takes a secret out of the environment: there is none afterwards, neither for this process's children nor for those who
/// look at its environment from outside (`/proc/PID/environ`), which is the memory it was started with.
func takeEnvironmentSecret(_ name: String) -> Secret? {
  guard let text = getenv(name) else { return nil }
  defer { unsetenv(name) }
  return UnsafeMutableBufferPointer(start: text, count: strlen(text)).withMemoryRebound(to: UInt8.self) { value in
    let secret = Secret(copying: UnsafeBufferPointer(value).span)
    var span = value.mutableSpan
    span.erase()
    return secret
  }
}
