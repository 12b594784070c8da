import Glibc
import Testing

@testable import Simulator

private func sample(_ temperature: Int32, _ humidity: Int32? = nil) -> WeatherSample {
  .climate(Climate(temperatureMillidegrees: temperature, humidityMillipercent: humidity))
}

@Suite struct ClimateLinesTests {
  @Test(arguments: [
    ("21.5\n", sample(21_500)), ("-3 40\n", sample(-3_000, 40_000)), ("-3\t 40.5 \r\n", sample(-3_000, 40_500)),
    ("21.5,40\n", sample(21_500, 40_000)), (" 21.5 , 40 \n", sample(21_500, 40_000)), ("\n  \r\n7\n", sample(7_000)),
  ])
  func aLineIsATemperatureAndPerhapsAHumidity(text: String, expected: WeatherSample) throws {
    var lines = ClimateLines()
    lines.append(text.utf8)
    #expect(try lines.next() == expected)
    #expect(try lines.next() == .notYet)
  }

  @Test func linesMayArriveByteByByte() throws {
    var lines = ClimateLines()
    var samples: [WeatherSample] = []
    for byte in "1\n\n2 50\n-3".utf8 {
      lines.append([byte])
      let sample = try lines.next()
      if sample != .notYet { samples.append(sample) }
    }
    #expect(samples == [sample(1_000), sample(2_000, 50_000)])
  }

  @Test func theLastLineNeedsNoEndOnceTheInputHasEnded() throws {
    var lines = ClimateLines()
    lines.append("1\n2".utf8)
    lines.finish()
    #expect(
      try [lines.next(), lines.next(), lines.next(), lines.next()] == [sample(1_000), sample(2_000), .ended, .ended])
  }

  @Test(arguments: [
    ("1\nwarm\n", "stdin:2: temperature: expected a decimal number, got \"warm\""),
    ("1\n\n\n2 wet\n", "stdin:4: humidity: expected a decimal number, got \"wet\""),
    ("1\n2,\n", "stdin:2: humidity: expected a decimal number, got \"\""),
    ("1\n,2\n", "stdin:2: temperature: expected a decimal number, got \"\""),
    ("1\n2 3 4\n", "stdin:2: expected a temperature and at most a humidity, got 3 fields"),
    ("1\n126\n", "stdin:2: temperature: expected -40 to 125, got 126"),
    ("1\n20 101\n", "stdin:2: humidity: expected 0 to 100, got 101"),
    ("1\n" + String(repeating: "1", count: 300), "stdin:2: longer than 256 bytes"),
  ])
  func aBadLineIsToldWithItsNumber(text: String, message: String) throws {
    var lines = ClimateLines()
    lines.append(text.utf8)
    #expect(try lines.next() == sample(1_000))
    let error = #expect(throws: WeatherError.self) { try lines.next() }
    #expect(error?.description == message)
  }
}

/// A pipe whose ends are closed with it.
private final class Pipe {
  private(set) var readEnd: Int32
  private var writeEnd: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(write(writeEnd, bytes, bytes.count) == bytes.count)
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
  }

  deinit {
    closeWriteEnd()
    close(readEnd)
  }
}

@Suite struct InputWeatherTests {
  @Test func anEmptyPipeIsNotWaitedFor() throws {
    let pipe = try Pipe()
    let weather = InputWeather(descriptor: pipe.readEnd)
    #expect(try weather.next(wallMilliseconds: 0) == .notYet)
    pipe.send("20")
    #expect(try weather.next(wallMilliseconds: 0) == .notYet)
    pipe.send(".5 33\n21\n")
    #expect(try weather.next(wallMilliseconds: 0) == sample(20_500, 33_000))
    #expect(try weather.next(wallMilliseconds: 0) == sample(21_000))
    #expect(try weather.next(wallMilliseconds: 0) == .notYet)
    pipe.closeWriteEnd()
    #expect(try weather.next(wallMilliseconds: 0) == .ended)
  }

  @Test func noMoreIsReadThanIsNeeded() throws {
    let pipe = try Pipe()
    let weather = InputWeather(descriptor: pipe.readEnd)
    pipe.send(String(repeating: "20\n", count: 4_096))
    #expect(try weather.next(wallMilliseconds: 0) == sample(20_000))
    var unread: Int32 = 0
    try #require(ioctl(pipe.readEnd, UInt(FIONREAD), &unread) == 0)
    #expect(unread == 3 * 4_096 - 4_096)
    var count = 1
    while try weather.next(wallMilliseconds: 0) == sample(20_000) { count += 1 }
    #expect(count == 4_096)
  }

  @Test func aClosedDescriptorIsAnError() {
    let error = #expect(throws: WeatherError.self) { try InputWeather(descriptor: 9_999).next(wallMilliseconds: 0) }
    #expect(error?.description == "stdin: cannot be read: Bad file descriptor")
  }
}
