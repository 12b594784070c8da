public import Bytes
import CTLS
public import HAL

/// Why a TLS session, or what it needs, failed. `describe(to:)` puts it into words; for a session's own failure
/// `TLSSession.describeFailure(to:)` knows the names and dates too.
public enum TLSError: Error, Equatable {
  /// The peer's certificate, or a CA certificate of its chain, is past its last day.
  case certificateExpired
  /// The peer's certificate is not valid yet; often it is the board's clock that is wrong.
  case certificateNotYetValid
  /// The peer's certificate is for other names than the one asked for.
  case certificateForOtherName
  /// No trusted CA has issued the peer's certificate.
  case certificateFromUnknownAuthority
  /// The peer's certificate is signed with its own key, and not trusted.
  case certificateSelfSigned
  /// The peer's certificate has been revoked.
  case certificateRevoked
  /// A key in the chain is too short (RSA below 2048 bits), or of a kind that is not supported.
  case certificateKeyTooWeak
  /// A signature in the chain uses a weak hash (SHA-1 and older), or an unsupported algorithm.
  case certificateSignatureTooWeak
  /// The certificate's key usage does not allow this use.
  case certificateNotForThisUse
  /// The peer's certificate cannot be read, or a CA of its chain has limits that cannot be checked (name constraints).
  case certificateUnreadable
  /// The chain is good, but the public key is none of those pinned.
  case pinMismatch
  /// The peer showed no certificate.
  case noPeerCertificate
  /// The peer ended the session with this alert (RFC 8446, section 6).
  case alertReceived(UInt8)
  /// No TLS version that both sides allow.
  case noCommonVersion
  /// No cipher suite, group or signature algorithm that both sides allow.
  case noCommonSuite
  /// No application protocol (ALPN, RFC 7301) that both sides speak.
  case noCommonProtocol
  /// A handshake message of the peer is wrong, or is not TLS at all; the code is mbedTLS's.
  case badHandshake(code: Int32)
  /// A record of the peer is damaged, or is not TLS at all; the code is mbedTLS's.
  case badRecord(code: Int32)
  /// The peer ended the connection before the handshake was complete.
  case closedDuringHandshake
  /// The connection ended inside a record: bytes are missing.
  case truncated
  /// The session has been closed from this side.
  case closed
  /// mbedTLS has no memory left.
  case outOfMemory
  /// There are no random numbers.
  case noEntropy
  /// None of the CA certificates given can be read.
  case invalidAuthority
  /// The certificate given for this side cannot be read.
  case invalidCertificate
  /// The private key given cannot be read, or does not fit the certificate.
  case invalidKey
  /// The server name is neither a DNS name nor an IP address.
  case invalidServerName
  /// Something that is not possible now (a configuration changed while a session uses it, too many pins).
  case invalidArgument
  /// The library that is linked cannot do this (TLS 1.3 with mbedTLS 2.28, say).
  case unsupported
  /// mbedTLS failed for a reason of its own; the code is mbedTLS's.
  case internalError(code: Int32)
  /// The connection below failed.
  case socket(SocketError)
}

/// What code that does not know the error can do about it.
public enum TLSErrorKind: Equatable, Sendable {
  /// Passing: connect again soon.
  case retry
  /// The dates do not fit the clock: get the time again, then connect again.
  case checkClock
  /// The peer is not who it should be, or refuses this side; only a change there helps. Connect again, but seldom.
  case refused
  /// A mistake in what this side was given: connecting again is of no use.
  case giveUp
}

extension TLSError {
  /// What can be done about it.
  public var kind: TLSErrorKind {
    switch self {
    case .socket, .badRecord, .badHandshake, .closedDuringHandshake, .truncated, .closed, .outOfMemory, .noEntropy,
      .internalError:
      .retry
    case .alertReceived(let number): Self.isPassing(alert: number) ? .retry : .refused
    case .certificateExpired, .certificateNotYetValid: .checkClock
    case .certificateForOtherName, .certificateFromUnknownAuthority, .certificateSelfSigned, .certificateRevoked,
      .certificateKeyTooWeak, .certificateSignatureTooWeak, .certificateNotForThisUse, .certificateUnreadable,
      .pinMismatch, .noPeerCertificate, .noCommonVersion, .noCommonSuite, .noCommonProtocol:
      .refused
    case .invalidAuthority, .invalidCertificate, .invalidKey, .invalidServerName, .invalidArgument, .unsupported:
      .giveUp
    }
  }

  /// Alerts (RFC 8446, section 6.2) that tell of bytes damaged on the way (unexpected_message, bad_record_mac,
  /// record_overflow, decode_error, decrypt_error) or of trouble of the peer's own (internal_error, user_canceled). The
  /// others are verdicts.
  private static func isPassing(alert: UInt8) -> Bool {
    switch alert {
    case 10, 20, 22, 50, 51, 80, 90: true
    default: false
    }
  }

  /// Appends the error in words, without names and dates; at most 160 bytes.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    if case .socket(let error) = self {
      writer.append("connection failed: ")
      error.describe(to: &writer)
    } else {
      CText.append(to: &writer) { text, capacity in ctls_failure_describe(failure, text, capacity) }
    }
  }

  init(_ failure: ctls_failure) {
    self =
      TLSError(certificateCause: failure.cause)
      ?? TLSError(peerCause: failure.cause, code: failure.code)
      ?? TLSError(ownCause: failure.cause)
      ?? .internalError(code: failure.code)
  }

  private init?(certificateCause cause: ctls_cause) {
    switch cause {
    case CTLS_CAUSE_EXPIRED: self = .certificateExpired
    case CTLS_CAUSE_NOT_YET_VALID: self = .certificateNotYetValid
    case CTLS_CAUSE_WRONG_NAME: self = .certificateForOtherName
    case CTLS_CAUSE_UNKNOWN_AUTHORITY: self = .certificateFromUnknownAuthority
    case CTLS_CAUSE_SELF_SIGNED: self = .certificateSelfSigned
    case CTLS_CAUSE_REVOKED: self = .certificateRevoked
    case CTLS_CAUSE_WEAK_KEY: self = .certificateKeyTooWeak
    case CTLS_CAUSE_WEAK_SIGNATURE: self = .certificateSignatureTooWeak
    case CTLS_CAUSE_WRONG_USAGE: self = .certificateNotForThisUse
    case CTLS_CAUSE_BAD_CERTIFICATE: self = .certificateUnreadable
    case CTLS_CAUSE_PIN_MISMATCH: self = .pinMismatch
    case CTLS_CAUSE_NO_CERTIFICATE: self = .noPeerCertificate
    default: return nil
    }
  }

  private init?(peerCause cause: ctls_cause, code: Int32) {
    switch cause {
    case CTLS_CAUSE_ALERT: self = .alertReceived(UInt8(truncatingIfNeeded: code))
    case CTLS_CAUSE_NO_COMMON_VERSION: self = .noCommonVersion
    case CTLS_CAUSE_NO_COMMON_SUITE: self = .noCommonSuite
    case CTLS_CAUSE_NO_COMMON_PROTOCOL: self = .noCommonProtocol
    case CTLS_CAUSE_BAD_HANDSHAKE: self = .badHandshake(code: code)
    case CTLS_CAUSE_BAD_RECORD: self = .badRecord(code: code)
    case CTLS_CAUSE_CLOSED_IN_HANDSHAKE: self = .closedDuringHandshake
    case CTLS_CAUSE_TRUNCATED: self = .truncated
    default: return nil
    }
  }

  private init?(ownCause cause: ctls_cause) {
    switch cause {
    case CTLS_CAUSE_CLOSED: self = .closed
    case CTLS_CAUSE_OUT_OF_MEMORY: self = .outOfMemory
    case CTLS_CAUSE_ENTROPY: self = .noEntropy
    case CTLS_CAUSE_INVALID_AUTHORITY: self = .invalidAuthority
    case CTLS_CAUSE_INVALID_CERTIFICATE: self = .invalidCertificate
    case CTLS_CAUSE_INVALID_KEY: self = .invalidKey
    case CTLS_CAUSE_INVALID_NAME: self = .invalidServerName
    case CTLS_CAUSE_INVALID_ARGUMENT: self = .invalidArgument
    case CTLS_CAUSE_UNSUPPORTED: self = .unsupported
    default: return nil
    }
  }

  /// The way back, for the words.
  private var failure: ctls_failure {
    switch self {
    case .certificateExpired: ctls_failure(cause: CTLS_CAUSE_EXPIRED, code: 0)
    case .certificateNotYetValid: ctls_failure(cause: CTLS_CAUSE_NOT_YET_VALID, code: 0)
    case .certificateForOtherName: ctls_failure(cause: CTLS_CAUSE_WRONG_NAME, code: 0)
    case .certificateFromUnknownAuthority: ctls_failure(cause: CTLS_CAUSE_UNKNOWN_AUTHORITY, code: 0)
    case .certificateSelfSigned: ctls_failure(cause: CTLS_CAUSE_SELF_SIGNED, code: 0)
    case .certificateRevoked: ctls_failure(cause: CTLS_CAUSE_REVOKED, code: 0)
    case .certificateKeyTooWeak: ctls_failure(cause: CTLS_CAUSE_WEAK_KEY, code: 0)
    case .certificateSignatureTooWeak: ctls_failure(cause: CTLS_CAUSE_WEAK_SIGNATURE, code: 0)
    case .certificateNotForThisUse: ctls_failure(cause: CTLS_CAUSE_WRONG_USAGE, code: 0)
    case .certificateUnreadable: ctls_failure(cause: CTLS_CAUSE_BAD_CERTIFICATE, code: 0)
    case .pinMismatch: ctls_failure(cause: CTLS_CAUSE_PIN_MISMATCH, code: 0)
    case .noPeerCertificate: ctls_failure(cause: CTLS_CAUSE_NO_CERTIFICATE, code: 0)
    case .alertReceived(let number): ctls_failure(cause: CTLS_CAUSE_ALERT, code: Int32(number))
    case .noCommonVersion: ctls_failure(cause: CTLS_CAUSE_NO_COMMON_VERSION, code: 0)
    case .noCommonSuite: ctls_failure(cause: CTLS_CAUSE_NO_COMMON_SUITE, code: 0)
    case .noCommonProtocol: ctls_failure(cause: CTLS_CAUSE_NO_COMMON_PROTOCOL, code: 0)
    case .badHandshake(let code): ctls_failure(cause: CTLS_CAUSE_BAD_HANDSHAKE, code: code)
    case .badRecord(let code): ctls_failure(cause: CTLS_CAUSE_BAD_RECORD, code: code)
    case .closedDuringHandshake: ctls_failure(cause: CTLS_CAUSE_CLOSED_IN_HANDSHAKE, code: 0)
    case .truncated: ctls_failure(cause: CTLS_CAUSE_TRUNCATED, code: 0)
    case .closed: ctls_failure(cause: CTLS_CAUSE_CLOSED, code: 0)
    case .outOfMemory: ctls_failure(cause: CTLS_CAUSE_OUT_OF_MEMORY, code: 0)
    case .noEntropy: ctls_failure(cause: CTLS_CAUSE_ENTROPY, code: 0)
    case .invalidAuthority: ctls_failure(cause: CTLS_CAUSE_INVALID_AUTHORITY, code: 0)
    case .invalidCertificate: ctls_failure(cause: CTLS_CAUSE_INVALID_CERTIFICATE, code: 0)
    case .invalidKey: ctls_failure(cause: CTLS_CAUSE_INVALID_KEY, code: 0)
    case .invalidServerName: ctls_failure(cause: CTLS_CAUSE_INVALID_NAME, code: 0)
    case .invalidArgument: ctls_failure(cause: CTLS_CAUSE_INVALID_ARGUMENT, code: 0)
    case .unsupported: ctls_failure(cause: CTLS_CAUSE_UNSUPPORTED, code: 0)
    case .internalError(let code): ctls_failure(cause: CTLS_CAUSE_INTERNAL, code: code)
    case .socket: ctls_failure(cause: CTLS_CAUSE_TRANSPORT, code: 0)
    }
  }
}
