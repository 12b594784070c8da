import TLS

@testable import Firmware

extension Settings {
  /// The settings of the board; nil when one is missing or wrong.
  static func read() -> Settings? {
    guard let trust = try? TLSConfiguration.client() else { return nil }
    var settings = Settings(trust: trust)
    guard settings.read() else { return nil }
    return settings
  }
}
