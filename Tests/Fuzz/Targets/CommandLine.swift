@testable import Simulator

// Input: the arguments of mles-sim, one a line. Each is also taken as a URL, an address, a quantity and a pin.

func fuzz(_ input: [UInt8]) {
  let arguments = input.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(40).map {
    String(decoding: $0, as: UTF8.self)
  }
  parse(arguments)
  for argument in arguments.prefix(4) {
    requireURL(argument)
    requireQuantities(argument)
    requireRest(argument)
  }
}

private let commands = [
  RunOptions.command, RelayOptions.command, TailOptions.command, SendOptions.command, ProbeOptions.command,
  BenchOptions.command, SimulateOptions.command,
]

private func parse(_ arguments: [String]) {
  guard let first = arguments.first else { return }
  let command = commands.first { $0.name == first } ?? commands[first.utf8.count % commands.count]
  do throws(UsageError) {
    guard case .run(let parsed) = try command.parse(Array(arguments.dropFirst())) else { return }
    require(parsed.operands.count == command.operands.count, "\(parsed.operands)")
    requireValues(command, parsed)
  } catch {
    requireLine(error)
  }
}

/// What the commands go on with is what their options promise.
private func requireValues(_ command: Command, _ parsed: ParsedArguments) {
  switch command.name {
  case "run":
    require((1...1000).contains(parsed[RunOptions.boards]), "boards")
    require((1...86_400_000).contains(parsed[RunOptions.interval]), "interval")
    if let seconds = parsed[RunOptions.seconds] { require((1...31_536_000_000).contains(seconds), "seconds") }
    require(isName(parsed[RunOptions.uid]) && isName(parsed[SharedOptions.channel]), "a name")
  case "relay":
    require((0...65_535).contains(parsed[RelayOptions.port]), "port")
    require((1024...(1 << 30)).contains(parsed[RelayOptions.queueByteCountMax]), "queue")
  case "tail", "send":
    guard let server = parsed[SharedOptions.requiredServer] else { violated("no server") }
    requireSafe(server, allowsInsecure: false)
  default: break
  }
  for pin in parsed[SharedOptions.pins] { require((try? PublicKeyPin.bytes(pin).count) == 32, "pin \(pin)") }
}

private func isName(_ name: String) -> Bool {
  (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x20...0x7E).contains($0) }
}

/// One line for the user, of bounded size, with nothing in it that a terminal would act on.
private func requireLine(_ error: UsageError) {
  require(error.description.utf8.count <= 1500, "\(error.description.utf8.count) bytes of error")
  for scalar in error.description.unicodeScalars {
    require(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "\(scalar.value) in \(error.description)")
  }
}

// MARK: URLs

/// A URL that was accepted is written as one that means the same.
private func requireURL(_ text: String) {
  for allowsInsecure in [false, true] {
    do throws(UsageError) {
      let url = try ServerURL(text, allowsInsecure: allowsInsecure)
      requireSafe(url, allowsInsecure: allowsInsecure)
      guard let again = try? ServerURL(url.description, allowsInsecure: allowsInsecure) else {
        guard url.description.utf8.count > ServerURL.byteCountMax else { violated("refused: \(url)") }
        continue
      }
      requireEqual(again, url, "a URL that was read and written")
    } catch {
      requireLine(error)
    }
  }
  do throws(UsageError) {
    let (host, port) = try ServerURL.hostAndPort(text)
    require(!host.isEmpty && port > 0, "\(host), \(port)")
  } catch {
    requireLine(error)
  }
}

/// Nothing in it could add to the request.
private func requireSafe(_ url: ServerURL, allowsInsecure: Bool) {
  require(url.isSecure || allowsInsecure, "ws:// was taken")
  require(url.port > 0 && !url.host.isEmpty && url.host.utf8.count <= 253, "\(url)")
  require(url.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 }, "host \(url.host)")
  require(url.path.hasPrefix("/") && url.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }, url.path)
}

// MARK: Quantities

/// What was read, written in its shortest form, is read as the same.
private func requireQuantities(_ text: String) {
  do throws(UsageError) {
    let value = try Quantity.duration(text, in: 5...1_000_000_000)
    require((5...1_000_000_000).contains(value), "\(value) ms")
    requireEqual(try Quantity.duration(Quantity.durationText(value), in: 0...(.max)), value, "a time")
  } catch {
    requireLine(error)
  }
  do throws(UsageError) {
    let value = try Quantity.bytes(text, in: 3...(1 << 40))
    require((3...(1 << 40)).contains(value), "\(value) bytes")
    requireEqual(try Quantity.bytes(Quantity.bytesText(value), in: 0...(.max)), value, "a number of bytes")
  } catch {
    requireLine(error)
  }
  do throws(UsageError) {
    let value = try Quantity.integer(text, in: -7...99)
    require((-7...99).contains(value), "\(value)")
  } catch {
    requireLine(error)
  }
}

private func requireRest(_ text: String) {
  do throws(UsageError) {
    require(try PublicKeyPin.bytes(text).count == 32, "a pin")
  } catch {
    requireLine(error)
  }
  if let value = Decimal.thousandths(text.utf8) {
    // Written with three decimals, it is the same number; what is saturated is far out of every range.
    let written =
      "\(value < 0 ? "-" : "")\(value.magnitude / 1000).\(String(value.magnitude % 1000 + 1000).dropFirst())"
    let isLarge = value.magnitude >= 1_000_000_000_000
    require(isLarge || Decimal.thousandths(written.utf8) == value, "\(text): \(value), again from \(written)")
  }
  do throws(WeatherError) {
    _ = try WeatherOption(argument: text)
  } catch {
    require(error.description.utf8.count <= text.utf8.count + 100, "\(error.description)")
  }
}
