import Bytes
import Mles
import WebSocket

/// One connection of the simulated server: upgrade, then reader, pinger and sender.
final class ServerConnection {
  enum Reader {
    case request
    /// The request was read, the answer is on its way.
    case answering
    case header
    /// The header is with the event loop; nothing is read until it has looked at it.
    case joining
    case messages
    /// Deaf: the header was bad, or the connection is at its end.
    case ended
  }

  let connection: VirtualConnection
  unowned(unsafe) let server: ServerModel
  /// What the header said, once it was read.
  private(set) var fields: JoinFields?
  /// As long as the event loop holds it.
  var identity: ServerIdentity?
  var channel: ServerChannel?
  /// The reader has an event that the loop has no room for.
  private(set) var isReaderBlocked = false
  private(set) var upgradedMilliseconds: UInt64 = 0
  /// When the last frame was read.
  private(set) var lastFrameMilliseconds: UInt64 = 0
  var pingCount = 0
  var pongCount = 0

  var reader = Reader.request
  private var isInRead = false
  /// Reader, pinger and sender tell each other with this flag to end.
  var isClosed = false
  var isSenderDone = false
  var wasCloseReceived = false
  var unansweredCount = 0
  /// Whether the pinger has pinged before the event loop looked at the join, because that stalls or the header is late.
  var wasPingedBeforeJoin = false
  private var request = ServerHandshake()
  private var frames = FrameReader(role: .server)
  private var frame = FrameHeader(isFinal: true, opcode: .binary, maskingKey: nil, payloadLength: 0)
  private var message: [UInt8] = []
  var outgoing = FIFO<[UInt8]>()
  var partly: [UInt8] = []
  var partlyOffset = 0

  init(_ connection: VirtualConnection, server: ServerModel) {
    self.connection = connection
    self.server = server
  }

  var client: Int { connection.port.index }
  var serial: Int { connection.serial }
  var world: World { server.world }

  // MARK: The network's calls

  func bytesHaveArrived() {
    guard !isInRead else { return }
    read()
    if connection.up.wasReset { return wasReset() }
    if connection.up.hasFinished { streamHasEnded() }
  }

  func streamHasEnded() {
    // A reader that waits for the event loop does not notice; one that does not read the request will not read on.
    guard isReading, connection.up.heldCount == 0 || reader == .request else { return }
    endReader()
  }

  func wasReset() {
    if isReading { endReader() }
  }

  func hasRoom() { pump() }

  /// The process ends.
  func serverEnds(_ how: ServerModel.Ending) {
    (reader, isClosed, isSenderDone) = (.ended, true, true)
    (identity, channel) = (nil, nil)
    switch how {
    case .finish: world.network.closeByServer(connection, .finish)
    case .reset: world.network.closeByServer(connection, .reset)
    case .silence: world.network.forgetByServer(connection)
    }
  }

  // MARK: Reader

  private var isReading: Bool {
    switch reader {
    case .request, .header, .messages: !isReaderBlocked
    case .answering, .joining, .ended: false
    }
  }

  private func read() {
    guard isReading, server.manners != .isMute || reader != .request else { return }
    // After pinging the client out nothing was left but to wait for this.
    if isClosed { return endReader() }
    isInRead = true
    connection.up.readInPlace { bytes in
      var position = 0
      if reader == .request { readRequest(bytes.span, &position) }
      do throws(ProtocolError) {
        while isReading, reader != .request, let event = try frames.next(&bytes, position: &position) {
          switch event {
          case .header(let header, _): frame = header
          case .payload(let range, let offset, let isLast):
            take(bytes.span.extracting(range), isWhole: offset == 0 && isLast, isLast: isLast)
          }
        }
      } catch {
        world.checkers.brokeProtocol(client, describing(error.describe(to:)))
        reader = .ended
      }
      return position
    }
    isInRead = false
    world.network.serverHasRead(connection)
  }

  private func readRequest(_ bytes: Span<UInt8>, _ position: inout Int) {
    do throws(HandshakeError) {
      guard try request.receive(bytes, position: &position) else { return }
      reader = .answering
      let time = world.now + server.upgradeDelayMilliseconds
      world.network.schedule(.serverUpgrade, connection, at: time)
    } catch {
      world.checkers.brokeProtocol(client, describing(error.describe(to:)))
      reader = .ended
    }
  }

  /// The answer to the request is due.
  func upgrade() {
    guard reader == .answering else { return }
    if connection.up.wasReset { return close() }
    if server.manners == .isUnavailable {
      write(ServerHandshake.refusal(status: 503))
      return close()
    }
    reader = .header
    upgradedMilliseconds = world.now
    world.checkers.upgraded(client)
    world.note(.upgrade, client, serial)
    write(request.response)
    world.network.schedule(.serverTick, connection, at: world.now + ServerModel.pingIntervalMilliseconds)
    bytesHaveArrived()
  }

  private func take(_ payload: Span<UInt8>, isWhole: Bool, isLast: Bool) {
    if isWhole { return takeFrame(payload) }
    payload.withUnsafeBufferPointer { message += $0 }
    guard isLast else { return }
    let whole = message
    message.removeAll(keepingCapacity: true)
    takeFrame(whole.span)
  }

  private func takeFrame(_ payload: Span<UInt8>) {
    lastFrameMilliseconds = world.now
    switch (reader, frame.opcode) {
    case (_, .ping): world.checkers.sentPing(client)
    case (.header, .text): readHeader(payload)
    case (.header, _):
      world.checkers.brokeProtocol(client, "expected a join header, got opcode \(frame.opcode.rawValue)")
      refuse()
    case (_, .pong):
      unansweredCount = 0
      pongCount += 1
      world.checkers.answeredPing(client)
    case (_, .close):
      wasCloseReceived = true
      endReader()
    default:
      unansweredCount = 0
      let id = world.checkers.read(payload, from: self)
      let wire = ServerFrame.message(0x80 | frame.opcode.rawValue, payload)
      isReaderBlocked = !server.submit(.message(self, wire: wire, id))
    }
  }

  private func readHeader(_ payload: Span<UInt8>) {
    let header = payload.withUnsafeBufferPointer { Array($0) }
    guard let read = try? JoinFields(header) else {
      world.checkers.brokeProtocol(client, "expected a join header, got \(String(decoding: header, as: UTF8.self))")
      return refuse()
    }
    guard isAuthentic(read) else { return refuse() }
    fields = read
    reader = .joining
    _ = server.submit(.join(self, header: header))
  }

  private func isAuthentic(_ fields: JoinFields) -> Bool {
    guard let auth = fields.auth else { return server.key == nil }
    let (uid, channel) = (fields.uid, fields.channel)
    let expected =
      server.key?.withBytes { Authentication.value(uid: uid.span, channel: channel.span, key: $0) }
      ?? Authentication.value(uid: uid.span, channel: channel.span, key: nil)
    return Authentication.parse(auth.span) == expected
  }

  /// A bad header: nothing is said about it before the pinger's next tick.
  private func refuse() {
    world.note(.joinRefused, client, serial, 1)
    world.checkers.refused(self, isHeaderBad: true)
    reader = .ended
    isClosed = true
  }

  func joinIsAccepted(replaying history: [[UInt8]]) {
    reader = .messages
    for entry in history { outgoing.append(entry) }
    pump()
    // What came while the loop had the header.
    bytesHaveArrived()
  }

  func joinIsRefused() {
    world.note(.joinRefused, client, serial, 0)
    world.checkers.refused(self, isHeaderBad: false)
    fields = nil
    reader = .ended
    isClosed = true
    endSender()
  }

  func loopHasRoom() {
    isReaderBlocked = false
    bytesHaveArrived()
  }

  private func endReader() {
    reader = .ended
    isClosed = true
    endSender()
    close()
  }
}
