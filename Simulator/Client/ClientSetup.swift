import Device
import Mles
import TLS

/// What `run`, `tail` and `send` take from their command lines to reach a server.
struct ClientSetup {
  let server: ServerURL
  let identity: ChannelIdentity
  private let authorityFiles: [String]
  private let pins: [String]

  init(_ arguments: ParsedArguments, uid: String) throws {
    guard let server = arguments[SharedOptions.requiredServer] else { throw RunFailure("--server is missing") }
    self.server = server
    let key = try ChannelKey.load(arguments)
    identity = try ChannelIdentity(uid: uid, channel: arguments[SharedOptions.channel], key: key)
    authorityFiles = arguments[SharedOptions.authorities]
    pins = arguments[SharedOptions.pins]
  }

  func member() throws -> ChannelMember {
    let configuration = try ClientTrust.configuration(authorityFiles: authorityFiles, pins: pins)
    return try ChannelMember(server: server, identity: identity, configuration: configuration)
  }
}

/// Follows a member's session for a command: says what happens, and ends the command when it cannot succeed.
final class ClientWatch {
  private let member: ChannelMember
  private var failure: RunFailure?
  /// Whether the member was ever on the channel.
  private(set) var hasJoined = false
  private var lastFailure: String?
  /// What the try in progress waits for, before its join.
  private var wait: SessionWait? {
    switch member.state {
    case .resolving: .resolve
    case .connecting: .connect
    case .securing: .secure
    case .upgrading: .upgrade
    case .joining: .sendProgress
    case .idle, .joinUnconfirmed, .joined, .closing, .waitingToRetry, .stopped: nil
    }
  }

  init(_ member: ChannelMember, loop: EventLoop, console: Console, isVerbose: Bool) {
    self.member = member
    member.onState = { [unowned self] state in
      switch state {
      case .joined:
        hasJoined = true
        if isVerbose { console.note("joined") }
      case .joinUnconfirmed: if isVerbose { console.note("join sent; the server's first frame will confirm it") }
      case .waitingToRetry(let end):
        let text = member.failureText(end)
        lastFailure = text
        if end.kind == .permanent, !hasJoined {
          failure = RunFailure(text)
          loop.stop()
        } else {
          let wait = member.retryMilliseconds(LinuxClock().monotonicMilliseconds())
          console.note("\(text); next try in \(wait / 1000).\(wait % 1000 / 100) s")
        }
      default: break
      }
    }
  }

  /// Throws when the member never got onto the channel. A join that nothing has confirmed yet, as on a silent channel,
  /// counts as one.
  func finish() throws(RunFailure) {
    if let failure { throw failure }
    guard !hasJoined else { return }
    if let lastFailure { throw RunFailure("never joined: \(lastFailure)") }
    if let wait { throw RunFailure("never joined: \(String(wait.words)) before the end") }
  }
}
