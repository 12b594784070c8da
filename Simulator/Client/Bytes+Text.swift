import Bytes
import Device
import Mles

extension Array where Element == UInt8 {
  /// A copy of the bytes of a span.
  init(_ span: Span<UInt8>) {
    self = span.withUnsafeBufferPointer { Array($0) }
  }
}

extension String {
  /// The bytes of a span as text; what is not UTF-8 is replaced.
  init(_ span: Span<UInt8>) {
    self = span.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}

/// What `write` writes, up to 400 bytes, as a string.
func describing(_ write: (inout ByteWriter) -> Void) -> String {
  var text = InlineArray<400, UInt8>(repeating: 0)
  var writer = ByteWriter(text.mutableSpan)
  write(&writer)
  let count = min(writer.requiredCount, text.count)
  return String(text.span.extracting(0..<count))
}

extension ServerURL {
  /// Where a channel client connects to.
  func endpoint() throws(UsageError) -> Endpoint {
    do throws(CapacityError) {
      return try Endpoint(host: Array(host.utf8).span, port: port, target: Array(path.utf8).span)
    } catch {
      throw UsageError(
        "--server \(self): host or path of \(error.requiredBytes) bytes, expected at most \(error.capacityBytes)")
    }
  }
}

extension ChannelIdentity {
  /// The identity of a command line.
  init(uid: String, channel: String, key: Secret?) throws(UsageError) {
    let (uidBytes, channelBytes) = (Array(uid.utf8), Array(channel.utf8))
    do throws(JoinHeaderError) {
      if let key {
        self = try key.withBytes { (key) throws(JoinHeaderError) in
          try ChannelIdentity(uid: uidBytes.span, channel: channelBytes.span, key: key)
        }
      } else {
        try self.init(uid: uidBytes.span, channel: channelBytes.span, key: nil)
      }
    } catch {
      throw UsageError(describing(error.write(to:)))
    }
  }
}
