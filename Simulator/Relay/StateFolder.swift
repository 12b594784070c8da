import Glibc

/// The folder for what the simulator keeps between runs: keys and certificates of its own.
struct StateFolder {
  /// How long to wait for another process that is making certificates, which takes milliseconds.
  static let lockTimeoutMilliseconds: UInt64 = 10_000
  private static let lockPollMilliseconds: Int32 = 20

  /// The folder, from the root.
  let path: String

  /// The folder that `--state` names; without it, `$XDG_STATE_HOME/mles-sim`, or `~/.local/state/mles-sim` (XDG Base
  /// Directory Specification). Made with mode 0700 when it does not exist; refused when others may write to it.
  init(option: String?) throws(RunFailure) {
    let wanted: String
    if let option {
      wanted = option
    } else if let base = Self.environment("XDG_STATE_HOME"), base.hasPrefix("/") {
      wanted = "\(base)/mles-sim"
    } else if let home = Self.environment("HOME"), home.hasPrefix("/") {
      wanted = "\(home)/.local/state/mles-sim"
    } else {
      throw RunFailure("no place for the development certificate: HOME is not set; give one with --state DIR")
    }
    try Self.make(wanted)
    try Self.check(wanted)
    guard let absolute = realpath(wanted, nil) else {
      throw RunFailure("state folder \(quoted(wanted)): \(SystemError(code: errno))")
    }
    path = String(cString: absolute)
    free(absolute)
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// mkdir -p, with mode 0700 for what is made.
  private static func make(_ path: String) throws(RunFailure) {
    var end = path.startIndex
    while end < path.endIndex {
      end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
      guard mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST else { continue }
      let code = errno
      var information = stat()
      // A parent that exists but cannot be made again (a read-only file system, say) is no error.
      guard stat(String(path[..<end]), &information) != 0 else { continue }
      throw RunFailure("cannot make the state folder \(quoted(path)): \(SystemError(code: code))")
    }
  }

  private static func check(_ path: String) throws(RunFailure) {
    var information = stat()
    guard stat(path, &information) == 0 else {
      throw RunFailure("state folder \(quoted(path)): \(SystemError(code: errno))")
    }
    guard information.st_mode & S_IFMT == S_IFDIR else {
      throw RunFailure("state folder \(quoted(path)): expected a folder, got something else")
    }
    guard information.st_uid == geteuid(), information.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw RunFailure("state folder \(quoted(path)): other users can write to it; choose another with --state DIR")
    }
  }

  /// Calls `body` while no other process does the same in this folder.
  func locked<Result>(_ body: () throws(RunFailure) -> Result) throws(RunFailure) -> Result {
    let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw RunFailure("\(quoted(path + "/lock")): \(SystemError(code: errno))") }
    // Closing gives the lock back, as does the end of the process.
    defer { _ = close(descriptor) }
    let clock = LinuxClock()
    let end = clock.monotonicMilliseconds() + Self.lockTimeoutMilliseconds
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw RunFailure("\(quoted(path + "/lock")): \(SystemError(code: errno))")
      }
      guard clock.monotonicMilliseconds() < end else {
        throw RunFailure("\(quoted(path + "/lock")): another process has held it for too long")
      }
      _ = poll(nil, 0, Self.lockPollMilliseconds)
    }
    return try body()
  }

  /// The folder for what the board named `uid` keeps over restarts. What is not a letter or digit in the name is written
  /// as its number.
  func boardFolder(_ uid: String) throws(RunFailure) -> String {
    var name = ""
    for byte in uid.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: name.unicodeScalars.append(Unicode.Scalar(byte))
      default: name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    try Self.make("\(path)/boards")
    return "\(path)/boards/\(name)"
  }

  /// The contents of a file, nil when it cannot be read.
  func read(_ name: String) -> [UInt8]? {
    if case .success(let contents) = readFile(at: "\(path)/\(name)", byteCountMax: 65_536) { contents } else { nil }
  }

  /// The private key in a file, nil when it cannot be read; `report` is told when others can read it, too.
  func readKey(_ name: String, _ report: (String) -> Void) -> Secret? {
    switch readSecret(at: "\(path)/\(name)", byteCountMax: ClientTrust.keyByteCountMax) {
    case .success(let key): return key
    case .failure(let error):
      if case .openToOthers = error { report("\(path)/\(name): \(error)") }
      return nil
    }
  }

  /// Replaces a file, mode 0600.
  func write(_ contents: Span<UInt8>, to name: String) throws(RunFailure) {
    let code = contents.withUnsafeBytes { replaceFile(at: "\(path)/\(name)", with: $0) }
    guard code == 0 else { throw RunFailure("\(quoted("\(path)/\(name)")): \(SystemError(code: code))") }
  }
}
