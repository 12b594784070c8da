import Bytes
import Glibc
import HAL
import TLS
import WebSocket

/// From the name to the HTTP request.
extension ProbeConnection {
  private var host: String { settings.target?.host ?? settings.url.host }
  private var port: UInt16 { settings.target?.port ?? settings.url.port }

  // MARK: Name

  mutating func resolve() throws(RunFailure) {
    if let addresses = LinuxSocket.knownAddresses(host, port: port) { return try connectFirst(of: addresses) }
    do {
      phase = .resolving(try NameResolver.shared.start(host))
    } catch {
      throw RunFailure("name resolution: " + describing(error.describe(to:)))
    }
  }

  mutating func finishResolving(_ lookup: NameLookup) throws(RunFailure) {
    guard let answer = lookup.answer else { return }
    guard answer.code == 0 else {
      throw RunFailure("name resolution: \(quoted(host)): \(String(cString: gai_strerror(answer.code)))")
    }
    let addresses = LinuxSocket.alternatingFamilies(answer.addresses, port: port)
    say("name", "\(host) is \(addresses.map(\.host).joined(separator: ", "))")
    try connectFirst(of: addresses)
  }

  /// Without TLS the connection stays within this computer.
  private mutating func connectFirst(of addresses: [SocketAddress]) throws(RunFailure) {
    let allowed = settings.url.isSecure ? addresses : addresses.filter(\.isLoopback)
    guard !allowed.isEmpty else {
      throw RunFailure(
        "ws:// is taken for this computer's own addresses only, and \(host) is "
          + "\(addresses.map(\.host).joined(separator: ", ")); use wss://")
    }
    phase = .connecting(rest: allowed[...])
    try connectNext(allowed[...])
  }

  // MARK: TCP

  mutating func connect(_ rest: ArraySlice<SocketAddress>) throws(RunFailure) {
    do throws(RunFailure) {
      if try transport.isConnected() { return try connected() }
      guard let deadline = attemptDeadlineMilliseconds, deadline <= nowMilliseconds else { return }
      let limit = Quantity.durationText(Self.attemptMillisecondsMax)
      say("tcp", "no answer within \(limit), trying the next address")
    } catch {
      guard !rest.isEmpty else { throw RunFailure("TCP: \(error)") }
      say("tcp", "\(error), trying the next address")
    }
    try connectNext(rest)
  }

  private mutating func connectNext(_ candidates: ArraySlice<SocketAddress>) throws(RunFailure) {
    var candidates = candidates
    while let address = candidates.popFirst() {
      phase = .connecting(rest: candidates)
      attemptDeadlineMilliseconds =
        candidates.isEmpty ? nil : nowMilliseconds + Self.attemptMillisecondsMax
      say("tcp", "connecting to \(address)")
      do throws(RunFailure) {
        try transport.open(address)
        return
      } catch {
        guard !candidates.isEmpty else { throw RunFailure("TCP: \(error)") }
        say("tcp", "\(error), trying the next address")
      }
    }
  }

  private mutating func connected() throws(RunFailure) {
    attemptDeadlineMilliseconds = nil
    say("tcp", "connected" + (transport.localAddress.map { ", from \($0)" } ?? ""))
    guard settings.url.isSecure else {
      say("tls", "none (ws://)")
      return try sendRequest()
    }
    try startTLS()
    phase = .securing
  }

  // MARK: TLS

  mutating func secure() throws(RunFailure) {
    let isComplete = try transport.handshake()
    hasMoreInput = !isComplete && transport.hasBufferedInput
    guard isComplete, let information = transport.tlsInformation else { return }
    let version = information.version?.name
    report.tls = version
    let suite = describing(information.appendSuiteName(to:))
    let application = describing(information.appendApplicationProtocol(to:))
    say("tls", "\(version ?? "?"), \(suite), ALPN \(application.isEmpty ? "none" : application)")
    let pin = describing(information.appendPeerKeyHash(to:))
    say("tls", "certificate is good for \(settings.url.host); its key's SHA-256 (--pin) is \(pin)")
    try sendRequest()
  }

  // MARK: HTTP

  private mutating func sendRequest() throws(RunFailure) {
    let (url, subprotocol) = (settings.url, Array(settings.subprotocol.utf8))
    let (host, target) = (Array(url.host.utf8), Array(url.path.utf8))
    do throws(HandshakeError) {
      let opening = try ClientHandshake(nonce: entropy.nonce(), subprotocol: subprotocol.span)
      var writer = ByteWriter(frames.handshakeSpace)
      try opening.writeRequest(
        host: host.span, port: url.port, defaultPort: url.isSecure ? 443 : 80, target: target.span, to: &writer)
      guard !writer.hasOverflowed else { throw .headTooLarge(limitBytes: writer.capacity) }
      let count = writer.requiredCount
      frames.commitHandshake(count)
      handshake = consume opening
    } catch {
      throw RunFailure("HTTP: " + describing(error.describe(to:)))
    }
    say("http", "GET \(url.path), " + (subprotocol.isEmpty ? "no subprotocol" : "subprotocol \(settings.subprotocol)"))
    phase = .upgrading
  }
}
