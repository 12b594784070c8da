/// A set of faults with a name, for `--faults`.
struct WorldFaultProfile: Sendable {
  var name: String
  /// What it is for, in a line.
  var summary: String
  var quality = NetworkQuality()
  var rules: [FaultRule] = []
  /// Of a million nodes, those with the SHTC3 driver on a simulated chip; the others have a sensor that answers at once.
  var driversPerMillion = 100_000
  /// History limits of the server; each world has one of them.
  var historyLimits = [200]
  /// Milliseconds between two readings; each node has one of them.
  var intervals: [UInt32] = [10_000]
  /// The longest time from a boot to the time of day.
  var wallDelayMillisecondsMax: UInt64 = 5_000

  static let all = [none, mild, rough, narrow, server, power, everything]

  static func named(_ name: String) -> WorldFaultProfile? { all.first { $0.name == name } }

  static let none = WorldFaultProfile(name: "none", summary: "a network and a server that always work")

  static let mild = WorldFaultProfile(
    name: "mild", summary: "a home network: Wi-Fi that goes away, a router that restarts",
    quality: NetworkQuality(delayMilliseconds: 5...60, jitterMillisecondsMax: 30, lossPerMillion: 2_000),
    rules: [
      FaultRule(kind: .link, everyMinutes: 180, durationMilliseconds: 1_000...180_000),
      FaultRule(kind: .reset, everyMinutes: 360, durationMilliseconds: 0...0),
      FaultRule(kind: .death, everyMinutes: 360, durationMilliseconds: 0...0),
      FaultRule(kind: .delay, everyMinutes: 240, durationMilliseconds: 5_000...60_000),
      FaultRule(kind: .names, everyMinutes: 600, durationMilliseconds: 5_000...120_000),
      FaultRule(kind: .power, everyMinutes: 1_200, durationMilliseconds: 500...60_000),
      FaultRule(kind: .partition, everyMinutes: 600, durationMilliseconds: 2_000...300_000),
      FaultRule(kind: .restart, everyMinutes: 1_200, durationMilliseconds: 500...60_000),
    ])

  static let rough = WorldFaultProfile(
    name: "rough", summary: "a bad radio link: losses, cuts at any byte, half-open connections, small buffers",
    quality: NetworkQuality(
      delayMilliseconds: 10...200, jitterMillisecondsMax: 200, lossPerMillion: 20_000,
      bufferBytes: [160, 512, 1_460, 5_744], splits: true),
    rules: [
      FaultRule(kind: .link, everyMinutes: 60, durationMilliseconds: 500...600_000),
      FaultRule(kind: .reset, everyMinutes: 90, durationMilliseconds: 0...0),
      FaultRule(kind: .death, everyMinutes: 90, durationMilliseconds: 0...0),
      FaultRule(kind: .uplinkDeath, everyMinutes: 180, durationMilliseconds: 0...0),
      FaultRule(kind: .downlinkDeath, everyMinutes: 180, durationMilliseconds: 0...0),
      FaultRule(kind: .cut, everyMinutes: 60, durationMilliseconds: 0...0),
      FaultRule(kind: .delay, everyMinutes: 60, durationMilliseconds: 2_000...300_000),
      FaultRule(kind: .names, everyMinutes: 120, durationMilliseconds: 5_000...120_000),
      FaultRule(kind: .busy, everyMinutes: 120, durationMilliseconds: 50...8_000),
      FaultRule(kind: .partition, everyMinutes: 120, durationMilliseconds: 2_000...600_000),
    ])

  static let narrow = WorldFaultProfile(
    name: "narrow", summary: "readings come faster than the network takes them",
    quality: NetworkQuality(
      delayMilliseconds: 100...300, jitterMillisecondsMax: 50, lossPerMillion: 2_000, bufferBytes: [120, 160, 240],
      splits: true),
    rules: [
      FaultRule(kind: .reset, everyMinutes: 120, durationMilliseconds: 0...0),
      FaultRule(kind: .death, everyMinutes: 120, durationMilliseconds: 0...0),
      FaultRule(kind: .link, everyMinutes: 120, durationMilliseconds: 500...60_000),
      FaultRule(kind: .restart, everyMinutes: 300, durationMilliseconds: 100...60_000),
    ],
    intervals: [200, 400, 1_000])

  static let server = WorldFaultProfile(
    name: "server", summary: "a server that restarts, stalls, refuses late, forgets, is slow or mute",
    rules: [
      FaultRule(kind: .restart, everyMinutes: 120, durationMilliseconds: 100...120_000),
      FaultRule(kind: .stall, everyMinutes: 40, durationMilliseconds: 1_000...150_000),
      FaultRule(kind: .mute, everyMinutes: 180, durationMilliseconds: 10_000...300_000),
      FaultRule(kind: .unavailable, everyMinutes: 180, durationMilliseconds: 10_000...300_000),
      FaultRule(kind: .key, everyMinutes: 240, durationMilliseconds: 30_000...600_000),
      FaultRule(kind: .slow, everyMinutes: 120, durationMilliseconds: 10_000...300_000),
      FaultRule(kind: .overrun, everyMinutes: 60, durationMilliseconds: 0...0),
      FaultRule(kind: .death, everyMinutes: 60, durationMilliseconds: 0...0),
      FaultRule(kind: .reset, everyMinutes: 120, durationMilliseconds: 0...0),
    ],
    historyLimits: [200, 200, 30, 4])

  static let power = WorldFaultProfile(
    name: "power", summary: "boards that lose their power, sensors and stores that fail",
    rules: [
      FaultRule(kind: .power, everyMinutes: 30, durationMilliseconds: 200...300_000),
      FaultRule(kind: .store, everyMinutes: 60, durationMilliseconds: 60_000...1_800_000),
      FaultRule(kind: .sensor, everyMinutes: 90, durationMilliseconds: 1_000...300_000),
      FaultRule(kind: .link, everyMinutes: 120, durationMilliseconds: 500...120_000),
      FaultRule(kind: .death, everyMinutes: 240, durationMilliseconds: 0...0),
      FaultRule(kind: .busy, everyMinutes: 90, durationMilliseconds: 50...8_000),
    ],
    driversPerMillion: 500_000, wallDelayMillisecondsMax: 60_000)

  static let everything = WorldFaultProfile(
    name: "all", summary: "all of these",
    quality: NetworkQuality(
      delayMilliseconds: 2...150, jitterMillisecondsMax: 80, lossPerMillion: 5_000,
      bufferBytes: [256, 1_460, 5_744, 5_744], splits: true),
    rules: FaultKind.allCases.map { kind in
      let rule = (rough.rules + server.rules + power.rules).first { $0.kind == kind }
      let minutes = 2 * (rule?.everyMinutes ?? 120)
      return FaultRule(
        kind: kind, everyMinutes: minutes, durationMilliseconds: rule?.durationMilliseconds ?? 1_000...60_000)
    },
    driversPerMillion: 200_000, historyLimits: [200, 200, 50, 8],
    intervals: [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 1_000, 60_000, 300_000],
    wallDelayMillisecondsMax: 30_000)
}
