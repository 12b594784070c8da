import Glibc

/// Ends the process when a property does not hold, so that libFuzzer keeps the input.
func require(
  _ holds: Bool, _ property: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  guard !holds else { return }
  violated(property(), file: file, line: line)
}

/// Ends the process when `got` is not `expected`, and says both.
func requireEqual<Value: Equatable>(
  _ got: Value, _ expected: Value, _ property: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard got != expected else { return }
  violated("\(property())\n  expected \(expected)\n  got      \(got)", file: file, line: line)
}

/// Says which property does not hold, and ends the process.
func violated(_ property: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  let line = Array("\n\(file):\(line): VIOLATED: \(property)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  abort()
}
