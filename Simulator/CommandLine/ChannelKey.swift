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
    help: "File with the channel key, for its owner only (mode 600); one line end behind the key is ignored. Without "
      + "it, MLES_KEY, if set.")

  /// The key, or nil when there is none. `--key-file` wins over `MLES_KEY`; an empty `MLES_KEY` is none. To be called once:
  /// it takes the variable out of the environment.
  public static func load(_ arguments: ParsedArguments) throws(RunFailure) -> Secret? {
    try load(arguments, variable: takeEnvironmentSecret(variable))
  }

  /// Takes `MLES_KEY` out of the environment, for a command that has no use for it.
  static func forget() { _ = takeEnvironmentSecret(variable) }

  /// As `load(_:)`, with a value of `MLES_KEY` that is given.
  static func load(_ arguments: ParsedArguments, variable value: Secret?) throws(RunFailure) -> Secret? {
    guard let path = arguments[option] else { return try checked(value) }
    switch readSecret(at: path, byteCountMax: byteCountMax + 2) {
    case .success(let contents): return try contents.withBytes { (bytes) throws(RunFailure) in try key(bytes, path) }
    case .failure(.tooLarge): throw RunFailure("--key-file \(quoted(path)): expected at most \(byteCountMax) bytes")
    case .failure(let error): throw RunFailure("--key-file \(quoted(path)): \(error)")
    }
  }

  /// The key in a file's contents.
  private static func key(_ contents: Span<UInt8>, _ path: String) throws(RunFailure) -> Secret {
    var count = contents.count
    if count > 0, contents[count - 1] == 0x0A { count -= 1 }
    if count > 0, contents[count - 1] == 0x0D { count -= 1 }
    guard (1...byteCountMax).contains(count) else {
      throw RunFailure("--key-file \(quoted(path)): expected 1 to \(byteCountMax) bytes, got \(count)")
    }
    return Secret(copying: contents.extracting(0..<count))
  }

  private static func checked(_ value: Secret?) throws(RunFailure) -> Secret? {
    guard let value, value.count > 0 else { return nil }
    guard value.count <= byteCountMax else {
      throw RunFailure("\(variable): expected at most \(byteCountMax) bytes, got \(value.count)")
    }
    return value
  }
}
