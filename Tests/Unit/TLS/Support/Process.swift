import Glibc

/// A program that a test has started; it is ended, by its identifier, when the test lets go of it.
final class Program {
  private var pid: pid_t = 0
  private let output: Int32
  /// All that it has printed so far, on both outputs.
  private(set) var printed = ""
  private var status: Int32?

  /// Starts `arguments[0]`, found in PATH, with an empty standard input.
  init(_ arguments: [String]) throws {
    // Not pipe(), which cannot keep the ends from programs that other tests start at this moment.
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestFailure.failed("socketpair") }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    output = ends[0]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      close(ends[1])
    }
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    guard posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ) == 0 else {
      throw TestFailure.notFound(arguments[0])
    }
  }

  deinit {
    end()
    close(output)
  }

  /// Ends it at once, if it still runs.
  func end() {
    guard status == nil else { return }
    kill(pid, SIGKILL)
    reap()
  }

  private func reap() {
    var result: Int32 = 0
    waitpid(pid, &result, 0)
    status = result
  }

  /// Waits until `words` have been printed, and returns the rest of their line.
  func line(after words: String, seconds: Int = 20) throws -> String {
    let deadline = Deadline(seconds: seconds)
    while true {
      if let start = printed.range(of: words), let end = printed[start.upperBound...].firstIndex(of: "\n") {
        return String(printed[start.upperBound..<end])
      }
      guard try readMore(deadline) else { throw TestFailure.notFound("\(words) in: \(printed)") }
    }
  }

  /// Waits until it has ended, and returns its exit status.
  func wait(seconds: Int = 20) throws -> Int32 {
    let deadline = Deadline(seconds: seconds)
    while try readMore(deadline) {}
    if status == nil { reap() }
    return ((status ?? 0) >> 8) & 0xFF
  }

  /// Reads what comes next; false at the end of the output.
  private func readMore(_ deadline: Deadline) throws -> Bool {
    guard deadline.wait(for: output, POLLIN) else { throw TestFailure.failed("timed out; printed: \(printed)") }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(output, &buffer, buffer.count)
    if count < 0 && errno == EAGAIN { return true }
    guard count > 0 else { return false }
    printed += String(decoding: buffer[0..<count], as: UTF8.self)
    return true
  }

  /// Runs a program to its end; throws, with what it printed, when it fails.
  @discardableResult
  static func run(_ arguments: String...) throws -> String {
    let program = try Program(arguments)
    let status = try program.wait()
    guard status == 0 else { throw TestFailure.failed("\(arguments): \(program.printed)") }
    return program.printed
  }
}

extension String {
  fileprivate func range(of words: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(words) { return start..<index(start, offsetBy: words.count) }
      start = index(after: start)
    }
    return nil
  }
}

/// A time after which a test gives up.
struct Deadline {
  private let end: Int64

  init(seconds: Int) { end = Deadline.milliseconds() + Int64(seconds) * 1000 }

  private static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Waits until the descriptor is ready, or has ended; false when it took too long.
  func wait(for descriptor: Int32, _ events: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let left = max(0, end - Deadline.milliseconds())
    return poll(&entry, 1, Int32(clamping: left)) > 0
  }
}

/// A new folder, removed with what is in it when a test lets go of it.
final class Folder {
  let path: String

  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(parent)/mles-tls-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure.failed("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { unlink("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }

  /// Writes a file and returns its path.
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try writeFile("\(path)/\(name)", bytes)
    return "\(path)/\(name)"
  }
}
