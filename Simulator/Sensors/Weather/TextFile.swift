import Glibc

/// Files, read whole.
enum TextFile {
  /// All bytes of the file at `path`, at most `limitBytes`.
  static func read(_ path: String, limitBytes: Int) throws(WeatherError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return contents }
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        throw .unreadable(path: path, reason: reason(code))
      }
      contents.append(contentsOf: chunk[..<count])
      guard contents.count <= limitBytes else { throw .tooLarge(path: path, limitBytes: limitBytes) }
    }
  }

  /// The names in the directory at `path`, sorted with numbers by value (zone2 before zone10); empty when there is none.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  private static func reason(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
