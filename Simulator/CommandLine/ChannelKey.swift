import Glibc

/// The key that Mles authentication hashes: from the file of `--key-file`, or from `MLES_KEY`. Never an argument, which
/// every user of the computer could read.
public enum ChannelKey {
  /// The longest key taken, in bytes.
  public static let byteCountMax = 1024
  /// The environment variable.
  public static let variable = "MLES_KEY"

  /// The option that all commands with a key share.
  public static let option = CommandOption<String?>.text(
    "--key-file", "FILE",
    help: "File with the channel key; one line end behind the key is ignored. Without it, MLES_KEY, if set.")

  /// The key, or nil when there is none. `--key-file` wins over `MLES_KEY`; an empty `MLES_KEY` is none. Warns about a
  /// file that others may read.
  public static func load(_ arguments: ParsedArguments, console: Console) throws(RunFailure) -> [UInt8]? {
    let value = getenv(variable).map { UnsafeRawBufferPointer(start: $0, count: strlen($0)).map { $0 } }
    return try load(arguments, variableValue: value, console: console)
  }

  /// The same with a value of `MLES_KEY` that is given.
  static func load(
    _ arguments: ParsedArguments, variableValue: [UInt8]?, console: Console
  ) throws(RunFailure) -> [UInt8]? {
    guard let path = arguments[option] else { return try checked(variableValue) }
    if isReadableByOthers(path) {
      console.note("warning: other users can read the key file \(quoted(path)); 'chmod 600' changes that")
    }
    var key: [UInt8]
    switch readFile(at: path, byteCountMax: byteCountMax + 2) {
    case .success(let contents): key = contents
    case .failure(let error) where error.code == EFBIG:
      throw RunFailure("--key-file \(quoted(path)): expected at most \(byteCountMax) bytes")
    case .failure(let error): throw RunFailure("--key-file \(quoted(path)): \(error)")
    }
    if key.last == 0x0A { key.removeLast() }
    if key.last == 0x0D { key.removeLast() }
    guard (1...byteCountMax).contains(key.count) else {
      throw RunFailure("--key-file \(quoted(path)): expected 1 to \(byteCountMax) bytes, got \(key.count)")
    }
    return key
  }

  private static func checked(_ value: [UInt8]?) throws(RunFailure) -> [UInt8]? {
    guard let value, !value.isEmpty else { return nil }
    guard value.count <= byteCountMax else {
      throw RunFailure("\(variable): expected at most \(byteCountMax) bytes, got \(value.count)")
    }
    return value
  }

  private static func isReadableByOthers(_ path: String) -> Bool {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return false }
    return information.st_mode & (S_IRGRP | S_IROTH) != 0
  }
}
