import Device
import Mles
import TLS
import WebSocket

/// A relay and a subscriber of this process, for a run without a server.
final class LocalChannel {
  /// The user name of the subscriber.
  static let subscriberUID = "subscriber"

  /// Where the boards connect to.
  let url: ServerURL
  /// The authority that the boards and the subscriber have to trust, PEM.
  let authorityPath: String
  /// Prints what arrives.
  let subscriber: ChannelMember
  /// What has arrived.
  var tracker: DeliveryTracker { subscriber.tracker }
  /// Why printing failed.
  private(set) var failure: (any Error)?

  private let server: RelayServer

  init(_ arguments: ParsedArguments, key: Secret?, loop: EventLoop, console: Console, isQuiet: Bool) throws {
    var configuration = RelayCore.Configuration()
    configuration.serverKey = key
    let made = try DevelopmentCertificate.load(
      state: arguments[RelayOptions.state], host: "127.0.0.1", report: console.note)
    authorityPath = made.authorityPath
    let isVerbose = arguments[SharedOptions.verbose]
    server = try RelayServer(
      host: "127.0.0.1", port: 0, certificate: RelayCertificate(chain: made.chain, privateKey: made.privateKey),
      configuration: configuration
    ) { text, _ in
      if isVerbose { console.note(Console.printable(text)) }
    }
    url = try ServerURL("wss://127.0.0.1:\(server.address.port)/")
    let identity = try ChannelIdentity(
      uid: Self.subscriberUID, channel: arguments[SharedOptions.channel], key: key)
    subscriber = try ChannelMember(
      server: url, identity: identity,
      configuration: ClientTrust.configuration(authorityFiles: [authorityPath], pins: []))
    subscriber.onMessage = { [unowned self] message in
      guard !isQuiet, failure == nil, message.joinedUID == nil else { return }
      do { try console.line(MessageFormat(isJSON: false).line(message)) } catch {
        failure = error
        loop.stop()
      }
    }
    subscriber.onGap = { gap in console.note(gap.text) }
    loop.add(server)
    loop.add(subscriber)
  }

  /// Whether the relay has taken the subscriber's join, so that it misses nothing.
  var isSubscribed: Bool { server.core.statistics.joinCount > 0 }

  /// Ends the relay.
  func stop() { server.stop() }
}
