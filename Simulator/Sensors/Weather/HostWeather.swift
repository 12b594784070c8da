/// One thermal sensor of this computer, as the Linux kernel shows it below /sys.
public struct HostThermometer: Equatable, Sendable {
  /// What the kernel calls it, such as `x86_pkg_temp` or `cpu_thermal`.
  public let name: String
  /// The file with thousandths of a degree Celsius.
  public let path: String
  let root: String

  /// The sensors that can be read, thermal zones before hardware monitors; at least one.
  /// - Parameter root: the folder in the place of /sys/, with a slash at its end.
  public static func all(root: String = "/sys/") throws(WeatherError) -> [HostThermometer] {
    var found: [HostThermometer] = []
    let zones = root + "class/thermal/"
    for zone in TextFile.names(in: zones) where zone.hasPrefix("thermal_zone") {
      found.append(
        HostThermometer(name: label(zones + zone + "/type", else: zone), path: zones + zone + "/temp", root: root))
    }
    let monitors = root + "class/hwmon/"
    for monitor in TextFile.names(in: monitors) where monitor.hasPrefix("hwmon") {
      let folder = monitors + monitor
      for file in TextFile.names(in: folder) where file.hasPrefix("temp") && file.hasSuffix("_input") {
        found.append(
          HostThermometer(name: label(folder + "/name", else: monitor), path: folder + "/" + file, root: root))
      }
    }
    found.removeAll { $0.temperatureMillidegrees() == nil }
    guard !found.isEmpty else { throw .noHostSensor(root: root) }
    return found
  }

  /// The temperature now; nil when the sensor does not tell it, or tells what cannot be (some report -273 C).
  func temperatureMillidegrees() -> Int32? {
    guard let line = Self.line(path) else { return nil }
    // The kernel writes an integer.
    guard let value = Int64(line), ClimateRange.temperatureMillidegrees.contains(value) else { return nil }
    return Int32(clamping: value)
  }

  private static func label(_ path: String, else name: String) -> String {
    guard let line = line(path), !line.isEmpty else { return name }
    return line
  }

  /// The first line of a small file.
  private static func line(_ path: String) -> String? {
    do throws(WeatherError) {
      let contents = try TextFile.read(path, limitBytes: 4_096)
      return InputPlace.printable(contents.prefix { $0 != 0x0A })
    } catch {
      return nil
    }
  }
}

/// The climate as a thermal sensor of this computer tells it; it knows no humidity.
public final class HostWeather: WeatherSource {
  /// How many failed reads in a row end the run.
  public static let failuresMax = 50

  private let thermometer: HostThermometer
  private var failures = 0

  /// A source that asks `thermometer`.
  public init(_ thermometer: HostThermometer) {
    self.thermometer = thermometer
  }

  /// The temperature now. A sensor that cannot be read at the moment is asked again, `failuresMax` times.
  public func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample {
    guard let temperature = thermometer.temperatureMillidegrees() else {
      failures += 1
      guard failures < Self.failuresMax else {
        throw .unreadable(path: thermometer.path, reason: "no temperature between -40 and 125 C in it")
      }
      return .notYet
    }
    failures = 0
    return .climate(Climate(temperatureMillidegrees: temperature, humidityMillipercent: nil))
  }
}
