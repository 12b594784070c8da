import Bytes
import Mles

/// The fields of a join header, out of the text.
struct JoinFields {
  let uid: [UInt8]
  let channel: [UInt8]
  let auth: [UInt8]?

  /// Reads a header; what is wrong with it is in the error's text.
  init(_ header: [UInt8]) throws(UnreadableHeader) {
    // Decoded fields are never longer than the text.
    var storage = [UInt8](repeating: 0, count: header.count)
    do {
      var span = storage.mutableSpan
      let fields = try JoinHeader.parse(header.span, into: &span)
      uid = Array(storage[fields.uid])
      channel = Array(storage[fields.channel])
      auth = fields.auth.map { Array(storage[$0]) }
    } catch {
      throw UnreadableHeader(error)
    }
  }
}

/// Why a join header could not be read, in words.
struct UnreadableHeader: Error {
  let text: String

  init(_ error: JoinHeaderError) {
    var memory = [UInt8](repeating: 0, count: 128)
    var writer = ByteWriter(memory.mutableSpan)
    error.write(to: &writer)
    let count = min(writer.requiredCount, writer.capacity)
    text = String(decoding: memory.prefix(count), as: UTF8.self)
  }
}
