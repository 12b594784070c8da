import Glibc
import Testing

@testable import Simulator

/// A folder in the place of /sys, removed with the test.
private final class FakeSys {
  let root: String
  private var paths: [String] = []

  init() throws {
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(temporary)/mles-sys-XXXXXX".utf8CString)
    root = String(cString: try #require(mkdtemp(&template))) + "/"
    paths.append(root)
    try folder("class")
  }

  func folder(_ path: String) throws {
    try #require(mkdir(root + path, 0o700) == 0)
    paths.append(root + path)
  }

  func file(_ path: String, _ text: String) throws {
    let descriptor = open(root + path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
    if !paths.contains(root + path) { paths.append(root + path) }
  }

  deinit {
    for path in paths.reversed() { remove(path) }
  }
}

@Suite struct HostWeatherTests {
  @Test func thermalZonesComeBeforeHardwareMonitorsAndTwoBeforeTen() throws {
    let sys = try FakeSys()
    try sys.folder("class/thermal")
    for (zone, type, temperature) in [(10, "b", "50000"), (2, "a", "41250"), (3, "bad", "-273000"), (4, "odd", "warm")]
    {
      try sys.folder("class/thermal/thermal_zone\(zone)")
      try sys.file("class/thermal/thermal_zone\(zone)/type", type + "\n")
      try sys.file("class/thermal/thermal_zone\(zone)/temp", temperature + "\n")
    }
    try sys.folder("class/thermal/cooling_device0")
    try sys.folder("class/hwmon")
    try sys.folder("class/hwmon/hwmon0")
    try sys.file("class/hwmon/hwmon0/name", "nvme\n")
    try sys.file("class/hwmon/hwmon0/temp1_input", "33850\n")
    try sys.file("class/hwmon/hwmon0/temp1_max", "81850\n")
    let sensors = try HostThermometer.all(root: sys.root)
    #expect(sensors.map(\.name) == ["a", "b", "nvme"])
    let weather = HostWeather(sensors[0])
    #expect(
      try weather.next(wallMilliseconds: 0)
        == .climate(Climate(temperatureMillidegrees: 41_250, humidityMillipercent: nil)))
    try sys.file("class/thermal/thermal_zone2/temp", "41300\n")
    #expect(try weather.next(wallMilliseconds: 0).temperature == 41_300)
  }

  @Test func withoutASensorTheErrorSaysWhatToUseInstead() throws {
    let sys = try FakeSys()
    let error = #expect(throws: WeatherError.self) { try HostThermometer.all(root: sys.root) }
    #expect(error == .noHostSensor(root: sys.root))
    #expect(error?.description.contains("use --sensor model, csv:FILE or stdin") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func aSensorThatStaysUnreadableEndsInAnErrorWithItsPath() throws {
    let sys = try FakeSys()
    try sys.folder("class/thermal")
    try sys.folder("class/thermal/thermal_zone0")
    try sys.file("class/thermal/thermal_zone0/temp", "40000\n")
    let weather = HostWeather(try HostThermometer.all(root: sys.root)[0])
    try sys.file("class/thermal/thermal_zone0/temp", "")
    for _ in 1..<HostWeather.failuresMax { #expect(try weather.next(wallMilliseconds: 0) == .notYet) }
    let error = #expect(throws: WeatherError.self) { try weather.next(wallMilliseconds: 0) }
    #expect(error?.description.hasPrefix("\(sys.root)class/thermal/thermal_zone0/temp: cannot be read") == true)
  }
}
