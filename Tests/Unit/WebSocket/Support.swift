/// The bytes of a span as an array, which tests can compare and print.
func array(_ span: Span<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  for index in span.indices { bytes.append(span[index]) }
  return bytes
}

/// The bytes of a span as text.
func text(_ span: Span<UInt8>) -> String { String(decoding: array(span), as: UTF8.self) }
