/// What can go wrong in a simulated world.
enum FaultKind: Int, CaseIterable, Sendable {
  /// The link of a node is down for a while; some come back with another address, so that the old connection is dead.
  case link
  /// A box on the way resets a connection at both ends, at the node only, or at the server only.
  case reset
  /// A connection dies without a word: both directions, only to the server, or only from it.
  case death
  case uplinkDeath
  case downlinkDeath
  /// A connection is cut behind some number of bytes, with RST or without a word.
  case cut
  /// Everything takes seconds for a while.
  case delay
  /// The name server fails, or does not answer.
  case names
  /// A node loses its power.
  case power
  /// The sensor does not answer, or not rightly.
  case sensor
  /// The key-value store fails.
  case store
  /// A node's processor has other things to do.
  case busy
  /// A part of the clients is cut off.
  case partition
  /// The server ends, with FIN, RST or nothing, and starts again without its history.
  case restart
  /// The server's event loop stands still.
  case stall
  /// The server accepts TCP and says nothing.
  case mute
  /// A proxy answers in the server's place: 503.
  case unavailable
  /// The server wants another key: joins are refused, at the next tick.
  case key
  /// The server takes its time to answer the upgrade.
  case slow
  /// Others fill the channels' histories.
  case overrun

  /// In a word, for reports.
  var name: String { "\(self)" }
}

/// How often a fault comes and how long it lasts.
struct FaultRule: Sendable {
  var kind: FaultKind
  /// The mean time between two of them: for each client, or for the world where the fault is the server's.
  var everyMinutes: Int
  var durationMilliseconds: ClosedRange<UInt64>
}
