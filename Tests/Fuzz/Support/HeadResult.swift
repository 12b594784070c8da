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
