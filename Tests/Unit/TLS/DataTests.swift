import Bytes
import HAL
import TLS
import Testing

@Suite("An open session")
struct DataTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  private func openPair(_ version: TLSVersion) throws -> Pair {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    // The server's tickets.
    #expect(try pair.clientReads() == ([], .wouldBlock))
    return pair
  }

  @Test("carries much data both ways, whole and in order", arguments: versions)
  func bulk(version: TLSVersion) throws {
    var pair = try openPair(version)
    let message = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var sent = 0
    var received: [UInt8] = []
    for _ in 0..<1000 where received.count < message.count {
      if sent < message.count {
        sent += try pair.client.write(message.span.extracting(sent..<message.count), over: &pair.clientSocket)
      }
      _ = try pair.client.flush(over: &pair.clientSocket)
      received += try pair.serverReads().0
    }
    #expect(received == message)
    var answered = 0
    received = []
    for _ in 0..<1000 where received.count < message.count {
      answered += try pair.server.write(message.span.extracting(answered..<message.count), over: &pair.serverSocket)
      _ = try pair.server.flush(over: &pair.serverSocket)
      received += try pair.clientReads(limit: 333).0
    }
    #expect(received == message)
  }

  @Test("accepts nothing while the socket is full, and loses nothing", arguments: versions)
  func fullSocket(version: TLSVersion) throws {
    var pair = try openPair(version)
    pair.toServer.room = 0
    #expect(try pair.client.write("first".bytes.span, over: &pair.clientSocket) == 5)
    #expect(pair.client.hasPendingOutput == true)
    #expect(try pair.client.write("second".bytes.span, over: &pair.clientSocket) == 0)
    #expect(try !pair.client.flush(over: &pair.clientSocket))
    pair.toServer.room = 3
    #expect(try pair.client.write("second".bytes.span, over: &pair.clientSocket) == 0)
    #expect(try pair.serverReads() == ([], .wouldBlock))
    pair.toServer.room = .max
    #expect(try pair.client.flush(over: &pair.clientSocket))
    #expect(pair.client.hasPendingOutput == false)
    #expect(try pair.serverReads() == ("first".bytes, .wouldBlock))
    #expect(try pair.client.write("second".bytes.span, over: &pair.clientSocket) == 6)
    #expect(try pair.serverReads() == ("second".bytes, .wouldBlock))
  }

  @Test("keeps a record that is larger than its buffer pending, byte by byte if need be", arguments: versions)
  func largeRecordThroughSmallSocket(version: TLSVersion) throws {
    var pair = try openPair(version)
    let message = [UInt8](repeating: 0x5A, count: 16_000)
    pair.toServer.room = 100
    #expect(try pair.client.write(message.span, over: &pair.clientSocket) == 16_000)
    #expect(pair.client.hasPendingOutput == true)
    for _ in 0..<1000 where pair.client.hasPendingOutput {
      pair.toServer.room = 100
      _ = try pair.client.flush(over: &pair.clientSocket)
    }
    #expect(pair.client.hasPendingOutput == false)
    #expect(try pair.serverReads() == (message, .wouldBlock))
  }

  @Test("does nothing when there is nothing to read or write", arguments: versions)
  func nothing(version: TLSVersion) throws {
    var pair = try openPair(version)
    let before = pair.toServer.writes.count
    var none = [UInt8]()
    var span = none.mutableSpan
    #expect(try pair.client.read(into: &span, over: &pair.clientSocket) == .wouldBlock)
    #expect(try pair.client.write("".bytes.span, over: &pair.clientSocket) == 0)
    #expect(try pair.client.flush(over: &pair.clientSocket))
    #expect(pair.toServer.writes.count == before)
  }

  @Test("ends in order with close_notify, and says so", arguments: versions)
  func closeNotify(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("last".bytes.span, over: &pair.serverSocket) == 4)
    pair.server.close(over: &pair.serverSocket)
    #expect(try pair.clientReads() == ("last".bytes, .end))
    #expect(pair.client.information.isClosedByNotify)
    #expect(try pair.clientReads() == ([], .end))
    // The other direction is still open.
    #expect(try pair.client.write("bye".bytes.span, over: &pair.clientSocket) == 3)
  }

  @Test("ends in order with a bare FIN, and says so", arguments: versions)
  func bareFIN(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("last".bytes.span, over: &pair.serverSocket) == 4)
    pair.serverSocket.close()
    #expect(try pair.clientReads() == ("last".bytes, .end))
    #expect(!pair.client.information.isClosedByNotify)
    #expect(try pair.clientReads() == ([], .end))
    #expect(pair.client.information.version == version)
  }

  @Test("does not end in order inside a record", arguments: versions)
  func truncated(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("last".bytes.span, over: &pair.serverSocket) == 4)
    pair.toClient.bytes.removeLast()
    pair.serverSocket.close()
    #expect(throws: TLSError.truncated) { try pair.clientReads() }
    #expect(pair.clientWords == "connection ended inside a TLS record")
  }

  @Test("fails when a record was changed on the way, and tells the peer", arguments: versions)
  func corrupted(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("last".bytes.span, over: &pair.serverSocket) == 4)
    pair.toClient.bytes[pair.toClient.bytes.count - 1] ^= 1
    var error: TLSError?
    do { _ = try pair.clientReads() } catch let caught { error = caught as? TLSError }
    guard case .badRecord = try #require(error) else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(pair.clientWords.hasPrefix("peer's record is damaged"))
    #expect(throws: TLSError.self) { try pair.client.write("x".bytes.span, over: &pair.clientSocket) }
    #expect(throws: TLSError.alertReceived(20)) { try pair.serverReads() }
    #expect(pair.serverWords == "peer sent TLS alert 20 (bad_record_mac)")
  }

  @Test("Bug: a connection that was reset behind an alert was told as reset", arguments: versions)
  func alertBehindReset(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("a word before".bytes.span, over: &pair.serverSocket) > 0)
    #expect(try pair.client.write("hello".bytes.span, over: &pair.clientSocket) == 5)
    pair.toServer.bytes[pair.toServer.bytes.count - 1] ^= 1
    #expect(throws: TLSError.self) { try pair.serverReads() }
    pair.toServer.failure = .reset
    #expect(throws: TLSError.alertReceived(20)) {
      try pair.client.write("again".bytes.span, over: &pair.clientSocket)
    }
    #expect(throws: TLSError.alertReceived(20)) { try pair.clientReads() }
    #expect(pair.clientWords == "peer sent TLS alert 20 (bad_record_mac)")
  }

  @Test("a connection that was reset behind data is told as reset", arguments: versions)
  func dataBehindReset(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("a word before".bytes.span, over: &pair.serverSocket) > 0)
    pair.toServer.failure = .reset
    #expect(throws: TLSError.socket(.reset)) {
      try pair.client.write("hello".bytes.span, over: &pair.clientSocket)
    }
    #expect(pair.clientWords == "connection failed: connection reset")
  }

  @Test("Bug: a connection that was reset within a record was told as ended there", arguments: versions)
  func resetWithinRecord(version: TLSVersion) throws {
    var pair = try openPair(version)
    #expect(try pair.server.write("a word before".bytes.span, over: &pair.serverSocket) > 0)
    pair.toClient.bytes.removeLast()
    // The kernel tells a reset once, here to the writer; to the reader it is the end.
    pair.toServer.failure = .reset
    pair.toClient.hasEnded = true
    #expect(throws: TLSError.socket(.reset)) {
      try pair.client.write("hello".bytes.span, over: &pair.clientSocket)
    }
  }

  @Test("Bug: a record that is longer than any may be was told as a failure of the library", arguments: versions)
  func longRecord(version: TLSVersion) throws {
    var pair = try openPair(version)
    pair.toClient.bytes = [23, 3, 3, 0x49, 0x00] + [UInt8](repeating: 0, count: 64)
    var error: TLSError?
    do { _ = try pair.clientReads() } catch let caught { error = caught as? TLSError }
    guard case .badRecord = try #require(error) else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(pair.clientWords.hasPrefix("peer's record is damaged"))
  }

  @Test("accepts no more after it was closed from this side", arguments: versions)
  func writeAfterClose(version: TLSVersion) throws {
    var pair = try openPair(version)
    pair.client.close(over: &pair.clientSocket)
    #expect(throws: TLSError.closed) { try pair.client.write("x".bytes.span, over: &pair.clientSocket) }
  }

  @Test("gives the caller a turn when the peer never stops sending", arguments: versions)
  func busyPeer(version: TLSVersion) throws {
    var pair = try openPair(version)
    let message = [UInt8](repeating: 1, count: 200)
    #expect(try pair.server.write(message.span, over: &pair.serverSocket) == 200)
    pair.toClient.readLimit = 1
    pair.toClient.readCount = 0
    var buffer = [UInt8](repeating: 0, count: 300)
    var span = buffer.mutableSpan
    #expect(try pair.client.read(into: &span, over: &pair.clientSocket) == .wouldBlock)
    #expect((1...64).contains(pair.toClient.readCount))
    // And it says that it has more to do, so that no one waits for a socket that will not become readable.
    #expect(pair.client.hasBufferedInput == true)
    #expect(try pair.clientReads() == (message, .wouldBlock))
    #expect(pair.client.hasBufferedInput == false)
  }
}
