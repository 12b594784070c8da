import Bytes
import Device

@testable import Simulator

// Input: a message as a subscriber gets it, and a line of numbers as the simulated sensor reads it from its standard
// input. The bytes are also taken as a reading, which is written.

func fuzz(_ input: [UInt8]) {
  if let reading = ParsedReading(input.span) { requireWrites(reading) }
  requireLines(input)
  requireWritten(input)
}

/// A reading that was understood can be written, and is understood again as the same; thousandths are rounded.
private func requireWrites(_ reading: ParsedReading) {
  let uid = Array(reading.uid.utf8)
  guard reading.resetReason == nil, reading.temperatureMillidegrees > Int32.min + 10 else { return }
  let measurement = Measurement(
    temperatureMillidegrees: reading.temperatureMillidegrees, humidityMillipercent: reading.humidityMillipercent)
  let again = written(
    Reading(
      bootCount: reading.bootCount, sequence: reading.sequence, unixMilliseconds: reading.unixMilliseconds,
      measurement: measurement, isSimulated: reading.isSimulated), uid)
  guard let again else { return }
  var expected = reading
  expected.temperatureMillidegrees = rounded(reading.temperatureMillidegrees)
  expected.humidityMillipercent = reading.humidityMillipercent.map(rounded)
  requireEqual(again, expected, "a reading that was read and written")
}

private func rounded(_ thousandths: Int32) -> Int32 {
  let hundredths = (Int64(thousandths).magnitude + 5) / 10 * 10
  return Int32(clamping: thousandths < 0 ? -Int64(hundredths) : Int64(hundredths))
}

/// parse(encode(x)) == x. Nil for what lies outside of what a subscriber takes.
private func written(_ reading: Reading, _ uid: [UInt8]) -> ParsedReading? {
  var memory = [UInt8](repeating: 0, count: 6 * uid.count + Reading.encodedSizeMax)
  var writer = ByteWriter(memory.mutableSpan)
  reading.write(uid: uid.span, to: &writer)
  guard let count = try? writer.finish() else { violated("a reading of more than \(memory.count) bytes") }
  if uid.count <= Reading.uidSizeMax { require(count <= Reading.encodedSizeMax, "a reading of \(count) bytes") }
  let parsed = ParsedReading(memory.span.extracting(first: count))
  guard count <= ParsedReading.sizeMax else { return nil }
  guard let parsed else {
    let numbers = [reading.measurement.temperatureMillidegrees, reading.measurement.humidityMillipercent ?? 0]
    // Rounded to hundredths, the largest and smallest numbers are no longer of 32 bits.
    guard numbers.contains(where: { $0 > Int32.max - 5 || $0 < Int32.min + 5 }) else {
      violated("not understood: \(String(decoding: memory[..<count], as: UTF8.self))")
    }
    return nil
  }
  return parsed
}

private func requireWritten(_ input: [UInt8]) {
  var program = Program(input)
  func number() -> UInt32 { UInt32(program.word()) << 16 | UInt32(program.word()) }
  let flags = program.byte()
  let (boot, sequence, time) = (number(), number(), UInt64(number()) << 32 | UInt64(number()))
  let temperature = Int32(bitPattern: number())
  let humidity = Int32(bitPattern: number())
  let reading = Reading(
    bootCount: boot, sequence: sequence, unixMilliseconds: flags & 1 == 0 ? nil : time,
    measurement: Measurement(
      temperatureMillidegrees: temperature, humidityMillipercent: flags & 2 == 0 ? nil : humidity),
    isSimulated: flags & 4 != 0, resetReason: flags & 8 == 0 ? nil : "power-on")
  let uid = program.bytes(64)
  guard String(validating: uid, as: UTF8.self) != nil, let parsed = written(reading, uid) else { return }
  require(Array(parsed.uid.utf8) == uid && parsed.bootCount == boot && parsed.sequence == sequence, "\(parsed)")
  require(parsed.unixMilliseconds == reading.unixMilliseconds, "\(parsed)")
  require(parsed.temperatureMillidegrees == rounded(temperature), "\(parsed): \(temperature)")
  require(parsed.humidityMillipercent == reading.measurement.humidityMillipercent.map(rounded), "\(parsed)")
  require(parsed.isSimulated == reading.isSimulated, "\(parsed)")
  require(parsed.resetReason == (reading.resetReason == nil ? nil : "power-on"), "\(parsed)")
}

// MARK: Lines of numbers

private struct Lines: Equatable {
  var samples: [WeatherSample] = []
  var error: WeatherError?
}

/// The same numbers however the bytes arrive; none out of range, and no more of them than lines.
private func requireLines(_ input: [UInt8]) {
  let whole = lines(input, .none)
  for cut in [Cut.everywhere, .mixed] {
    requireEqual(lines(input, cut), whole, "the same numbers in pieces, cut \(cut)")
  }
  require(whole.samples.count <= input.filter { $0 == 0x0A }.count + 1, "more numbers than lines")
  for case .climate(let climate) in whole.samples {
    require((-40_000...125_000).contains(climate.temperatureMillidegrees), "\(climate)")
    require((0...100_000).contains(climate.humidityMillipercent ?? 0), "\(climate)")
  }
}

private func lines(_ input: [UInt8], _ cut: Cut) -> Lines {
  var reader = ClimateLines()
  var result = Lines()
  func take() throws(WeatherError) -> WeatherSample {
    while true {
      let sample = try reader.next()
      guard case .climate = sample else { return sample }
      result.samples.append(sample)
    }
  }
  do throws(WeatherError) {
    for piece in cut.pieces(of: input) {
      reader.append(input[piece])
      requireEqual(try take(), .notYet, "the input has not ended")
    }
    reader.finish()
    requireEqual(try take(), .ended, "the input has ended")
  } catch {
    result.error = error
  }
  return result
}
