public import Bytes
public import HAL
public import Mles
public import TLS

/// Why the way to the server failed: the socket, TLS, or no randomness to begin with.
public enum TransportFailure: Error, Equatable {
  case socket(SocketError)
  case tls(TLSError)
  case entropy(EntropyError)

  /// What to do about it.
  public var kind: FailureKind {
    switch self {
    case .socket(.invalidHost): .permanent
    case .socket, .entropy: .retry
    case .tls(let error):
      switch error.kind {
      case .retry: .retry
      case .checkClock, .refused, .giveUp: .permanent
      }
    }
  }

  /// Writes the failure in words; a certificate's details are written by the TLS session that met it.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .socket(let error): error.describe(to: &writer)
    case .tls(let error): error.describe(to: &writer)
    case .entropy(.unavailable(let code)):
      writer.append("no randomness, code %d", UInt64(extending: code))
    }
  }
}
