import Glibc
public import HAL

/// Values in files of one folder, a file for each key, readable by their owner only.
///
/// A value is written to a new file, flushed to the disk (fsync(2)) and then renamed over the old one: after a crash
/// there is the old value or the new one, never a part.
public struct FileKeyValueStore: KeyValueStore, Sendable {
  /// The longest key, that of ESP-IDF's NVS.
  public static let keyByteCountMax = 15

  /// The folder that the files are in.
  public let folder: String

  /// A store in `folder`, which is made when it does not exist.
  public init(folder: String) throws(KeyValueError) {
    self.folder = folder
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Self.error(for: errno) }
  }

  /// Reads the value of `key`; nil when it was never stored.
  public mutating func readValue(
    for key: StaticString, into output: inout MutableSpan<UInt8>
  ) throws(KeyValueError) -> Int? {
    let descriptor = open(try path(of: key), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .failed(code: errno)
    }
    defer { _ = close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw .failed(code: errno) }
    guard information.st_size <= output.count else {
      throw .valueTooLarge(byteCount: Int(information.st_size), capacityBytes: output.count)
    }
    let (count, code) = output.withUnsafeMutableBytes { memory in
      (readAll(descriptor, UnsafeMutableRawBufferPointer(rebasing: memory.prefix(Int(information.st_size)))), errno)
    }
    guard count >= 0 else { throw .failed(code: code) }
    return count
  }

  /// Stores `value` for `key`, on the disk once this returns.
  public mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {
    let path = try path(of: key)
    let code = value.withUnsafeBytes { replaceFile(at: path, with: $0) }
    guard code == 0 else { throw Self.error(for: code) }
  }

  private func path(of name: StaticString) throws(KeyValueError) -> String {
    let isName =
      (1...Self.keyByteCountMax).contains(name.utf8CodeUnitCount) && name.isASCII
      && name.withUTF8Buffer { name in
        name.first != UInt8(ascii: ".") && name.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
      }
    guard isName else { throw .failed(code: EINVAL) }
    return "\(folder)/\(name)"
  }

  /// The HAL's name for an errno of writing.
  static func error(for code: Int32) -> KeyValueError {
    code == ENOSPC || code == EDQUOT ? .full : .failed(code: code)
  }
}
