import Glibc

/// Reads until `memory` is full or the file ends; returns the number of bytes, or -1 with errno set.
func readAll(_ descriptor: Int32, _ memory: UnsafeMutableRawBufferPointer) -> Int {
  var offset = 0
  while offset < memory.count {
    let count = read(descriptor, memory.baseAddress.map { $0 + offset }, memory.count - offset)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { return -1 }
    if count == 0 { break }
    offset += count
  }
  return offset
}

/// Writes all of `memory` to a descriptor that blocks; returns 0 or errno.
func writeAll(_ descriptor: Int32, _ memory: UnsafeRawBufferPointer) -> Int32 {
  var offset = 0
  while offset < memory.count {
    let count = write(descriptor, memory.baseAddress.map { $0 + offset }, memory.count - offset)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { return errno }
    offset += count
  }
  return 0
}

/// Puts a file with mode 0600 and these contents at `path`, at once and for good: new file, fsync(2), rename(2),
/// fsync(2) of the folder. Returns 0 or errno; what was at `path` is untouched after a failure.
func replaceFile(at path: String, with contents: UnsafeRawBufferPointer) -> Int32 {
  let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
  guard descriptor >= 0 else { return errno }
  var code = writeAll(descriptor, contents)
  if code == 0 && fsync(descriptor) != 0 { code = errno }
  // A full disk can show itself as late as here (NFS).
  if close(descriptor) != 0 && code == 0 { code = errno }
  if code == 0 && rename(temporary, path) != 0 { code = errno }
  guard code == 0 else {
    _ = unlink(temporary)
    return code
  }
  let folder = open(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard folder >= 0 else { return 0 }
  defer { _ = close(folder) }
  // Some file systems cannot flush a folder; the file itself is on the disk by now.
  _ = fsync(folder)
  return 0
}

/// All of a file, or errno. `byteCountMax` bounds what is read; a larger file is EFBIG.
func readFile(at path: String, byteCountMax: Int) -> Result<[UInt8], SystemError> {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
  defer { _ = close(descriptor) }
  var contents: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 16_384)
  while true {
    let count = chunk.withUnsafeMutableBytes { readAll(descriptor, $0) }
    guard count >= 0 else { return .failure(SystemError(code: errno)) }
    contents += chunk.prefix(count)
    guard contents.count <= byteCountMax else { return .failure(SystemError(code: EFBIG)) }
    if count < chunk.count { return .success(contents) }
  }
}
