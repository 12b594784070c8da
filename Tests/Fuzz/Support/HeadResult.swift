import Bytes
import WebSocket

/// How the reading of a head ended: behind its last byte, with an error, or not at all.
enum HeadResult: Equatable {
  case complete(end: Int)
  case failure(HandshakeError)
  case incomplete
}

/// Feeds `input` in pieces until `receive` is done with it.
func headResult(
  _ input: [UInt8], _ cut: Cut, _ receive: (Span<UInt8>, inout Int) throws(HandshakeError) -> Bool
) -> HeadResult {
  for piece in cut.pieces(of: input) {
    var position = 0
    do throws(HandshakeError) {
      if try receive(input.span.extracting(piece), &position) { return .complete(end: piece.lowerBound + position) }
      require(position == piece.count, "bytes unread")
    } catch {
      return .failure(error)
    }
  }
  return .incomplete
}

/// The lines of a head that was accepted, in lower case; that they all end as they must is required here.
func linesOfHead(_ head: [UInt8]) -> [String] {
  // Each byte is a character: as UTF-8, a colon and a combining mark behind it would be one.
  let text = String(String.UnicodeScalarView(head.map { Unicode.Scalar($0) }))
  let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).map { $0.lowercased() }
  require(lines.suffix(2) == ["", ""], "an end that is not one")
  require(head.filter { $0 == 0x0D }.count == lines.count - 1, "a bare CR")
  require(head.filter { $0 == 0x0A }.count == lines.count - 1, "a bare LF")
  return lines
}
