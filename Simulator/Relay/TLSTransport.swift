import Bytes
import HAL
import TLS

/// The certificate that a relay shows, and what all its connections share.
public final class RelayCertificate {
  fileprivate let configuration: TLSConfiguration

  /// A certificate chain (leaf first) and its private key, both PEM.
  public init(chain: [UInt8], privateKey: Secret) throws(RunFailure) {
    do {
      configuration = try privateKey.withBytes { (key) throws(TLSError) in
        try TLSConfiguration.server(certificateChain: chain.span, privateKey: key)
      }
    } catch {
      throw RunFailure(Self.text { (writer) in error.describe(to: &writer) })
    }
  }

  /// The same from two files.
  public convenience init(chainPath: String, privateKeyPath: String) throws(RunFailure) {
    let (chain, key): ([UInt8], Secret)
    switch readFile(at: chainPath, byteCountMax: Self.chainByteCountMax) {
    case .success(let contents): chain = contents
    case .failure(let error): throw RunFailure("--cert \(quoted(chainPath)): \(error)")
    }
    switch readSecret(at: privateKeyPath, byteCountMax: ClientTrust.keyByteCountMax) {
    case .success(let contents): key = contents
    case .failure(let error): throw RunFailure("--key-pem \(quoted(privateKeyPath)): \(error)")
    }
    do {
      try self.init(chain: chain, privateKey: key)
    } catch {
      throw RunFailure("--cert \(quoted(chainPath)), --key-pem \(quoted(privateKeyPath)): \(error.description)")
    }
  }

  /// The largest file of certificates that is read, in bytes.
  private static let chainByteCountMax = 1 << 20

  /// What `write` writes, as a string.
  fileprivate static func text(_ write: (inout ByteWriter) -> Void) -> String {
    var memory = [UInt8](repeating: 0, count: 512)
    var writer = ByteWriter(memory.mutableSpan)
    write(&writer)
    let count = min(writer.requiredCount, writer.capacity)
    return String(decoding: memory.prefix(count), as: UTF8.self)
  }
}

/// A connection secured with TLS, in the server's role.
final class TLSTransport: RelayTransport {
  /// One record of the largest size and its frame fits into each.
  private var session: TLSSession<16_384, 17_408>
  private var socket: LinuxSocket

  init(fileDescriptor: Int32, certificate: RelayCertificate) throws(TransportFailure) {
    socket = LinuxSocket(adopting: fileDescriptor)
    do {
      session = try TLSSession(server: certificate.configuration)
    } catch {
      throw TransportFailure(RelayCertificate.text { (writer) in error.describe(to: &writer) })
    }
  }

  var fileDescriptor: Int32? { socket.fileDescriptor }
  var wantsToWrite: Bool { session.hasPendingOutput }
  var hasBufferedInput: Bool { session.hasBufferedInput }

  func handshake() throws(TransportFailure) -> Bool {
    do { return try session.handshake(over: &socket) } catch { throw failure(error) }
  }

  func read(into output: inout MutableSpan<UInt8>) throws(TransportFailure) -> ReadResult {
    do { return try session.read(into: &output, over: &socket) } catch { throw failure(error) }
  }

  func write(_ bytes: Span<UInt8>) throws(TransportFailure) -> Int {
    do { return try session.write(bytes, over: &socket) } catch { throw failure(error) }
  }

  func flush() throws(TransportFailure) -> Bool {
    do { return try session.flush(over: &socket) } catch { throw failure(error) }
  }

  func finishWriting() { socket.finishWriting() }

  func close() { socket.close() }

  private func failure(_ error: TLSError) -> TransportFailure {
    let text = RelayCertificate.text { (writer) in session.describeFailure(to: &writer) }
    guard text.isEmpty else { return TransportFailure(text) }
    return TransportFailure(RelayCertificate.text { (writer) in error.describe(to: &writer) })
  }
}
