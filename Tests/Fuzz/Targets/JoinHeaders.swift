import Bytes

@testable import Mles

// Input: the text of a join header. Its first two lines are also taken as uid and channel of a header that is written.

func fuzz(_ input: [UInt8]) {
  switch parse(input, capacity: input.count) {
  case .failure(let error): requireInside(error, input)
  case .success(let header):
    requireRules(header, input)
    // White space between tokens says nothing.
    requireEqual(
      parse([0x20, 0x0A] + input + [0x09, 0x0D], capacity: input.count + 4), .success(header), "blanks around")
    let size = header.uid.count + header.channel.count + (header.auth?.count ?? 0)
    requireEqual(parse(input, capacity: size), .success(header), "storage of exactly \(size) bytes")
    requireWritten(header.uid, header.channel)
  }
  let lines = input.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
  if lines.count > 1 { requireWritten(lines[0], lines[1]) }
}

private func parse(_ json: [UInt8], capacity: Int) -> Result<ParsedHeader, JoinHeaderError> {
  do throws(JoinHeaderError) {
    return .success(try ParsedHeader.parse(json, capacity: capacity))
  } catch {
    return .failure(error)
  }
}

/// What the server asks of a header.
private func requireRules(_ header: ParsedHeader, _ text: [UInt8]) {
  for name in [header.uid, header.channel] {
    require(!name.isEmpty && name.allSatisfy { $0 < 0x80 }, "a name that is empty or not ASCII")
  }
  require(header.auth.map { String(validating: $0, as: UTF8.self) != nil } ?? true, "auth is not UTF-8")
  require(String(validating: text, as: UTF8.self) != nil, "a text that is not UTF-8")
  for index in text.indices.dropLast() {
    let isCut = parse(Array(text[...index]), capacity: text.count)
    if case .success = isCut {
      require(text[(index + 1)...].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }, "a header cut at \(index)")
    }
  }
}

/// An error says where, inside of the text, and what is there; in at most 96 bytes.
private func requireInside(_ error: JoinHeaderError, _ text: [UInt8]) {
  if case .unexpected(let offset, _, let got) = error {
    require((0...text.count).contains(offset), "\(error) outside of \(text.count) bytes")
    require(got == (offset < text.count ? text[offset] : nil), "\(error): something else is there")
  }
  var memory = [UInt8](repeating: 0, count: 96)
  var writer = ByteWriter(memory.mutableSpan)
  error.write(to: &writer)
  require((try? writer.finish()) != nil, "\(error): more than 96 bytes")
}

/// parse(encode(x)) == x.
private func requireWritten(_ uid: [UInt8], _ channel: [UInt8]) {
  guard (try? JoinHeader.validate(uid: uid.span, channel: channel.span)) != nil else { return }
  for authentication in [nil, Authentication.value(uid: uid.span, channel: channel.span, key: nil)] {
    var memory = [UInt8](repeating: 0, count: JoinHeader.maximumByteCount)
    var writer = ByteWriter(memory.mutableSpan)
    JoinHeader.write(uid: uid.span, channel: channel.span, authentication: authentication, to: &writer)
    guard let count = try? writer.finish() else { violated("a header of more than \(memory.count) bytes") }
    guard case .success(let header) = parse(Array(memory[..<count]), capacity: count) else {
      violated("refused: \(String(decoding: memory[..<count], as: UTF8.self))")
    }
    requireEqual(header.uid, uid, "uid")
    requireEqual(header.channel, channel, "channel")
    requireEqual(header.auth.flatMap { Authentication.parse($0.span) }, authentication, "auth")
  }
}
