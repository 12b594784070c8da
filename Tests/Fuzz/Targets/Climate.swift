import WeatherTable

@testable import Simulator

// Input: a CSV file with weather. The simulator reads it in Swift, the boards in C; both have to find the same.

func fuzz(_ input: [UInt8]) {
  var table = weather_table()
  var line: UInt32 = 0
  input.withUnsafeBufferPointer { bytes in
    let fault = weather_table_open(&table, bytes.baseAddress, bytes.count, &line)
    do throws(WeatherError) {
      let rows = try ClimateTable(input, path: "x").rows
      require(
        fault == WEATHER_OK, "the boards find fault \(fault.rawValue) in line \(line), the simulator \(rows.count) rows"
      )
      require(Int(table.row_count) == rows.count, "\(table.row_count) rows, the simulator has \(rows.count)")
      // Forwards, from the last to the first, and beyond the end.
      for index in Array(rows.indices) + [rows.count - 1, 0, rows.count, 2 * rows.count + 1] {
        let row = weather_table_row(&table, UInt32(index))
        let expected = rows[index % rows.count]
        require(
          row.temperature == expected.temperatureMillidegrees && row.humidity == expected.humidityMillipercent,
          "row \(index): \(row), the simulator has \(expected)")
        require((-40_000...125_000).contains(row.temperature) && (0...100_000).contains(row.humidity), "\(row)")
      }
    } catch {
      require(fault != WEATHER_OK, "the simulator says \(error), the boards read \(table.row_count) rows")
      requireLine(error, line)
    }
  }
}

/// The error is one line of printable text, and names the line of the file that the boards name.
private func requireLine(_ error: WeatherError, _ line: UInt32) {
  let text = error.description
  require(text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.utf8.count <= 200, text)
  if case .noRows = error { return }
  require(text.hasPrefix("x:\(line): "), "line \(line): \(text)")
}
