import Bytes
import HAL

/// A socket of the simulated network.
struct VirtualSocket: StreamSocket, ~Copyable {
  let port: ClientPort
  unowned(unsafe) let network: Network

  mutating func open(host: Span<UInt8>, port number: UInt16) throws(SocketError) {
    close()
    network.open(port)
  }

  mutating func status() throws(SocketError) -> SocketStatus {
    guard let connection = port.connection else { return .closed }
    switch connection.phase {
    case .resolving: return .resolving
    case .connecting: return .connecting
    case .open: return .connected
    case .failed(let error): throw error
    }
  }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    guard let connection = port.connection, connection.phase == .open else { throw .notConnected }
    let count = output.withUnsafeMutableBufferPointer { network.read(connection, into: $0) }
    if count > 0 { return .bytes(count) }
    // What came before it can still be read, as with Linux and lwIP.
    if connection.down.wasReset { throw .reset }
    return connection.down.hasFinished && connection.down.heldCount == 0 ? .end : .wouldBlock
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    guard let connection = port.connection, connection.phase == .open else { throw .notConnected }
    if connection.down.wasReset { throw .reset }
    return bytes.withUnsafeBufferPointer { network.write(connection, $0) }
  }

  mutating func close() {
    guard let connection = port.connection else { return }
    network.closeByClient(connection)
  }
}
