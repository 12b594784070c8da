import Bytes
import CTLS

// Everything of this module that touches pointers. A pointer is valid only inside the closure that gives it, and no C
// function called here keeps one.

/// What one call of the C shim did.
struct Step {
  var result: ctls_result
  /// Bytes of ciphertext taken from the input.
  var consumed: Int
  /// Bytes of ciphertext added to the output.
  var produced: Int
  /// Bytes of plaintext read or accepted.
  var count: Int
}

/// What the C session can be asked to do.
enum Operation {
  case handshake, read, write, flush, close
}

/// The C session, or none. Usable from inline: in Embedded Swift, another module that specialises `TLSSession` needs its
/// deinit.
@usableFromInline struct SessionHandle: ~Copyable {
  private let session: OpaquePointer?

  /// No session: nothing but `exists` may be asked.
  init() { session = nil }

  init(client configuration: OpaquePointer, name: Span<UInt8>, resumption: OpaquePointer?) throws(TLSError) {
    var failure = ctls_failure()
    session = name.withUnsafeBufferPointer { name in
      ctls_session_create_client(configuration, name.baseAddress, name.count, resumption, &failure)
    }
    if session == nil { throw TLSError(failure) }
  }

  init(server configuration: OpaquePointer) throws(TLSError) {
    var failure = ctls_failure()
    session = ctls_session_create_server(configuration, &failure)
    if session == nil { throw TLSError(failure) }
  }

  deinit { ctls_session_destroy(session) }

  var exists: Bool { session != nil }
  var failure: TLSError { TLSError(ctls_session_failure(session)) }
  var hasPendingOutput: Bool { ctls_session_has_pending_output(session) }
  var hasPendingInput: Bool { ctls_session_has_pending_input(session) }

  func setTime(seconds: Int64) { ctls_session_set_time(session, seconds) }

  /// Calls the shim with a window onto `input` and `output` as its transport; `plaintext` is what is read into, or what
  /// is written and then left as it is.
  @inline(never)
  func perform(
    _ operation: Operation, _ plaintext: UnsafeMutableBufferPointer<UInt8>, _ input: Span<UInt8>, ended: Bool,
    _ output: inout MutableSpan<UInt8>
  ) -> Step {
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        var window = ctls_window(
          input: input.baseAddress, input_count: input.count, input_used: 0, input_ended: ended,
          output: output.baseAddress, output_capacity: output.count, output_count: 0)
        var count = 0
        let result = withUnsafeMutablePointer(to: &window) { window in
          var transport = ctls_window_transport(window)
          return switch operation {
          case .handshake: ctls_session_handshake(session, &transport)
          case .read: ctls_session_read(session, &transport, plaintext.baseAddress, plaintext.count, &count)
          case .write: ctls_session_write(session, &transport, plaintext.baseAddress, plaintext.count, &count)
          case .flush: ctls_session_flush(session, &transport)
          case .close: ctls_session_close(session, &transport)
          }
        }
        return Step(result: result, consumed: window.input_used, produced: window.output_count, count: count)
      }
    }
  }

  @_lifetime(writer: copy writer)
  func describeFailure(to writer: inout ByteWriter) {
    CText.append(to: &writer) { text, capacity in ctls_session_describe_failure(session, text, capacity) }
  }

  /// The version agreed on, and whether an earlier session was resumed.
  var agreement: (version: TLSVersion?, isResumed: Bool) {
    var raw = ctls_information()
    ctls_session_information(session, &raw)
    return (TLSVersion(rawValue: raw.version), raw.resumed)
  }

  var information: TLSInformation {
    var raw = ctls_information()
    ctls_session_information(session, &raw)
    var information = TLSInformation()
    information.version = TLSVersion(rawValue: raw.version)
    information.suite = raw.suite
    information.isResumed = raw.resumed
    information.isClosedByNotify = raw.closed_by_notify
    information.hasPeerKeyHash = raw.has_peer_key_hash
    withUnsafeBytes(of: &raw.peer_key_hash) { hash in
      for index in 0..<min(hash.count, information.peerKeyHash.count) {
        information.peerKeyHash[index] = hash[index]
      }
    }
    withUnsafeBytes(of: &raw.protocol) { name in
      for byte in name where byte != 0 { information.protocolName.append(byte) }
    }
    CText.read { text, capacity in
      ctls_session_suite_name(session, text, capacity)
    } _: { byte in
      information.suiteName.append(byte)
    }
    return information
  }
}

/// Text that C functions write.
enum CText {
  /// The longest text, its NUL included, in bytes.
  static let capacity = 256

  @_lifetime(writer: copy writer)
  static func append(to writer: inout ByteWriter, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int) {
    var text = InlineArray<256, CChar>(repeating: 0)
    let count = fill(&text, body)
    for index in 0..<count { writer.append(UInt8(bitPattern: text[index])) }
  }

  static func read(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Int, _ each: (UInt8) -> Void) {
    var text = InlineArray<256, CChar>(repeating: 0)
    let count = fill(&text, body)
    for index in 0..<count { each(UInt8(bitPattern: text[index])) }
  }

  private static func fill(
    _ text: inout InlineArray<256, CChar>, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) -> Int {
    var span = text.mutableSpan
    let count = span.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
    return max(0, min(count, text.count))
  }
}

extension TLSConfiguration {
  static func createServer(chain: Span<UInt8>, key: Span<UInt8>, _ failure: inout ctls_failure) -> OpaquePointer? {
    chain.withUnsafeBufferPointer { chain in
      key.withUnsafeBufferPointer { key in
        ctls_config_create_server(chain.baseAddress, chain.count, key.baseAddress, key.count, &failure)
      }
    }
  }

  static func setCertificate(_ config: OpaquePointer, chain: Span<UInt8>, key: Span<UInt8>) -> ctls_failure {
    chain.withUnsafeBufferPointer { chain in
      key.withUnsafeBufferPointer { key in
        ctls_config_set_certificate(config, chain.baseAddress, chain.count, key.baseAddress, key.count)
      }
    }
  }

  static func addAuthorities(
    _ config: OpaquePointer, _ bytes: Span<UInt8>, _ added: inout Int, _ skipped: inout Int
  ) -> ctls_failure {
    bytes.withUnsafeBufferPointer { bytes in
      ctls_config_add_authorities(config, bytes.baseAddress, bytes.count, &added, &skipped)
    }
  }

  static func addPin(_ config: OpaquePointer, _ hash: Span<UInt8>) -> ctls_failure {
    hash.withUnsafeBufferPointer { hash in ctls_config_add_pin(config, hash.baseAddress) }
  }

  static func setProtocol(_ config: OpaquePointer, _ name: Span<UInt8>) -> ctls_failure {
    name.withUnsafeBufferPointer { name in ctls_config_set_protocol(config, name.baseAddress, name.count) }
  }
}
