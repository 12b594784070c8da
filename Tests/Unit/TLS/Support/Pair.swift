import Bytes
import HAL
import Testing

@testable import TLS

typealias Session = TLSSession<2048, 4096>

/// What came of a handshake between two sessions of our own.
struct Outcome: Equatable {
  var clientIsOpen = false
  var serverIsOpen = false
  var clientError: TLSError?
  var serverError: TLSError?

  var isOpen: Bool { clientIsOpen && serverIsOpen }
}

/// A client and a server, joined by two pipes in memory.
struct Pair: ~Copyable {
  let toServer = Pipe()
  let toClient = Pipe()
  var client: Session
  var server: Session
  var clientSocket: MemorySocket
  var serverSocket: MemorySocket

  init(client: consuming Session, server: consuming Session) {
    self.client = client
    self.server = server
    clientSocket = MemorySocket(incoming: toClient, outgoing: toServer)
    serverSocket = MemorySocket(incoming: toServer, outgoing: toClient)
  }

  init(
    _ clientConfiguration: borrowing TLSConfiguration, _ serverConfiguration: borrowing TLSConfiguration,
    name: String = "device.test"
  ) throws {
    self.init(
      client: try Session(client: clientConfiguration, serverName: name.bytes.span),
      server: try Session(server: serverConfiguration))
  }

  init(
    _ clientConfiguration: borrowing TLSConfiguration, _ serverConfiguration: borrowing TLSConfiguration,
    name: String = "device.test", resumption: borrowing TLSResumption
  ) throws {
    self.init(
      client: try Session(client: clientConfiguration, serverName: name.bytes.span, resumption: resumption),
      server: try Session(server: serverConfiguration))
  }

  /// Lets both sides go on in turn until each is open or has failed; at most `turns` turns.
  mutating func shakeHands(turns: Int = 20000) -> Outcome {
    var outcome = Outcome()
    for _ in 0..<turns {
      let clientIsDone = outcome.clientIsOpen || outcome.clientError != nil
      let serverIsDone = outcome.serverIsOpen || outcome.serverError != nil
      if clientIsDone && serverIsDone { break }
      if !clientIsDone {
        do throws(TLSError) {
          outcome.clientIsOpen = try client.handshake(over: &clientSocket)
        } catch {
          outcome.clientError = error
          clientSocket.close()
        }
      }
      if !serverIsDone {
        do throws(TLSError) {
          outcome.serverIsOpen = try server.handshake(over: &serverSocket)
        } catch {
          outcome.serverError = error
          serverSocket.close()
        }
      }
    }
    return outcome
  }

  /// All the bytes the server can read now, and how the reading ended.
  mutating func serverReads(limit: Int = 4096) throws -> ([UInt8], ReadResult) {
    try readAll(&server, &serverSocket, limit: limit)
  }

  /// All the bytes the client can read now, and how the reading ended.
  mutating func clientReads(limit: Int = 4096) throws -> ([UInt8], ReadResult) {
    try readAll(&client, &clientSocket, limit: limit)
  }

  var clientWords: String { text { client.describeFailure(to: &$0) } }
  var serverWords: String { text { server.describeFailure(to: &$0) } }
}

/// Reads until there is nothing more, with at most `limit` bytes a call.
func readAll<let r: Int, let s: Int, S: StreamSocket & ~Copyable>(
  _ session: inout TLSSession<r, s>, _ socket: inout S, limit: Int = 4096
) throws -> ([UInt8], ReadResult) {
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: limit)
  for _ in 0..<100_000 {
    var span = buffer.mutableSpan
    let result = try session.read(into: &span, over: &socket)
    guard case .bytes(let count) = result else {
      if result == .wouldBlock && session.hasBufferedInput { continue }
      return (all, result)
    }
    all += buffer[0..<count]
  }
  throw TestFailure.endless
}

enum TestFailure: Error {
  case endless
  case notFound(String)
  case failed(String)
}

/// The text that `body` writes.
func text(_ body: (inout ByteWriter) -> Void) -> String {
  var storage = InlineArray<512, UInt8>(repeating: 0)
  var writer = ByteWriter(storage.mutableSpan)
  body(&writer)
  let count = (try? writer.finish()) ?? 0
  return String(decoding: (0..<count).map { storage[$0] }, as: UTF8.self)
}

extension String {
  var bytes: [UInt8] { Array(utf8) }
}
