import Glibc

/// The CA certificates of this computer, if it has them where Debian and Ubuntu put them.
let systemBundle: [UInt8]? = try? readFile("/etc/ssl/certs/ca-certificates.crt")

func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "r") else { throw TestFailure.notFound(path) }
  defer { fclose(file) }
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    guard count > 0 else { return all }
    all += buffer[0..<count]
  }
}

func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  guard let file = fopen(path, "w") else { throw TestFailure.failed(path) }
  defer { fclose(file) }
  guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw TestFailure.failed(path) }
}
