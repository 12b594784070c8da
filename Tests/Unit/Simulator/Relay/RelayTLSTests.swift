import Glibc
import Testing

@testable import Simulator

/// The relay over TLS, with the development authority.
@Suite struct RelayTLSTests {
  private static let now: Int64 = 1_800_000_000

  private func load(
    _ folder: TemporaryFolder, names: [String] = ["localhost", "127.0.0.1"], now: Int64 = now
  ) throws -> (made: Simulator.DevelopmentCertificate, reports: [String]) {
    var reports: [String] = []
    let state = try StateFolder(option: folder.path + "/state")
    let made = try Simulator.DevelopmentCertificate.load(in: state, names: names, nowSeconds: now) {
      reports.append($0)
    }
    return (made, reports)
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func membersTalkOverVerifiedTLS(serverName: String) throws {
    let folder = try TemporaryFolder()
    let made = try Simulator.DevelopmentCertificate.load(state: folder.path + "/state", host: "127.0.0.1") { _ in }
    let certificate = try RelayCertificate(chain: made.chain, privateKey: made.privateKey)
    let harness = try ServerHarness(certificate: certificate)
    let clients = try ["alice", "bob"].map { uid in
      let client = TestClient(
        try TLSClientTransport(
          fileDescriptor: try harness.connect(), authority: made.authority, serverName: serverName))
      harness.loop.add(client)
      client.send(TestClient.request())
      try harness.wait { client.takeHead()?.hasPrefix("HTTP/1.1 101 ") ?? false }
      let before = harness.server.core.statistics.joinCount
      client.send(TestClient.header(uid))
      try harness.wait { harness.server.core.statistics.joinCount > before }
      return client
    }
    try harness.wait { clients[1].received.count > 20 }
    _ = clients[1].takeFrames()
    let payload = [UInt8](repeating: 0x5A, count: 100_000)
    clients[0].send(TestClient.frame(.binary, payload) + TestClient.text("after it"))
    let expected = RelayFrame(.binary, payload).wire + RelayFrame(.text, Array("after it".utf8)).wire
    try harness.wait { clients[1].received.count >= expected.count }
    let isUnchanged = clients[1].take() == expected
    #expect(isUnchanged)
    // FIN without close_notify, as the Mles server does it.
    clients[0].send(TestClient.frame(.close, []))
    try harness.wait { clients[0].isOver }
    #expect(clients[0].hasEnded)
  }

  @Test func aClientThatDoesNotKnowTheAuthorityOrAsksForAnotherNameLeaves() throws {
    let folder = try TemporaryFolder()
    let other = try TemporaryFolder()
    let made = try load(folder, now: Int64(time(nil))).made
    let stranger = try load(other, now: Int64(time(nil))).made
    let harness = try ServerHarness(certificate: try RelayCertificate(chain: made.chain, privateKey: made.privateKey))
    for (authority, name) in [(stranger.authority, "localhost"), (made.authority, "example.org")] {
      let client = TestClient(
        try TLSClientTransport(fileDescriptor: try harness.connect(), authority: authority, serverName: name))
      harness.loop.add(client)
      try harness.wait { client.failure != nil }
      try harness.wait {
        client.close()
        return harness.server.connectionCount == 0
      }
    }
  }

  @Test func aHandshakeThatStallsIsCutOff() throws {
    let folder = try TemporaryFolder()
    let made = try load(folder).made
    var limits = RelayLimits()
    limits.handshakeTimeoutMilliseconds = 50
    let harness = try ServerHarness(
      limits: limits, certificate: try RelayCertificate(chain: made.chain, privateKey: made.privateKey))
    let client = try harness.client()
    // The first bytes of a TLS record of 512 bytes.
    client.send([0x16, 0x03, 0x01, 0x02, 0x00])
    try harness.wait { client.isOver }
    #expect(harness.logLines.contains { $0.contains("no TLS handshake within 50 ms") })
  }

  @Test func plainTextOnTheTLSPortDoesNoHarm() throws {
    let folder = try TemporaryFolder()
    let made = try load(folder).made
    let harness = try ServerHarness(certificate: try RelayCertificate(chain: made.chain, privateKey: made.privateKey))
    let client = try harness.client()
    client.send(TestClient.request())
    try harness.wait { client.isOver }
    try harness.wait { harness.server.connectionCount == 0 }
  }

  // MARK: The development authority

  @Test func itIsMadeOnceAndFoundAgain() throws {
    let folder = try TemporaryFolder()
    let first = try load(folder)
    #expect(first.reports.count == 1)
    #expect(first.reports[0].hasSuffix("none there yet"))
    let second = try load(folder)
    #expect(second.reports == [])
    #expect(second.made.chain == first.made.chain)
    #expect(second.made.authority == first.made.authority)
    #expect(second.made.authorityPath.hasSuffix("/state/ca.pem"))
  }

  @Test func folderAndKeysAreForTheOwnerOnly() throws {
    let folder = try TemporaryFolder()
    _ = try load(folder)
    #expect(try folder.mode(of: "state") == 0o700)
    for name in ["ca-key.pem", "relay-key.pem"] { #expect(try folder.mode(of: "state/\(name)") == 0o600) }
    let state = try StateFolder(option: folder.path + "/state")
    #expect(state.read("ca-key.pem") != nil)
    chmod(folder.path + "/state", 0o777)
    #expect(throws: RunFailure.self) { try StateFolder(option: folder.path + "/state") }
  }

  @Test(arguments: ["ca.pem", "ca-key.pem", "relay.pem", "relay-key.pem", "relay.info"])
  func aDamagedOrMissingFileMakesItAllNewAndSaysSo(name: String) throws {
    let folder = try TemporaryFolder()
    let before = try load(folder).made
    try folder.write("damaged", to: "state/\(name)")
    let damaged = try load(folder)
    #expect(damaged.reports.count == 1)
    #expect(damaged.reports[0].hasSuffix("unreadable or incomplete"))
    #expect(damaged.made.chain != before.chain)
    #expect(unlink("\(folder.path)/state/\(name)") == 0)
    #expect(try load(folder).reports.count == 1)
    #expect(try load(folder).reports == [])
  }

  @Test(arguments: ["ca-key.pem", "relay-key.pem"])
  func aKeyThatOthersCouldReadIsUsedNoMore(name: String) throws {
    let folder = try TemporaryFolder()
    let before = try load(folder).made
    chmod("\(folder.path)/state/\(name)", 0o644)
    let after = try load(folder)
    #expect(after.reports.count == 2)
    #expect(after.reports[0].contains("/state/\(name): other users can get at it (mode 644)"))
    #expect(after.made.authority != before.authority)
    #expect(try folder.mode(of: "state/\(name)") == 0o600)
    #expect(try load(folder).reports == [])
  }

  @Test func anExpiredCertificateIsRenewedByTheSameAuthority() throws {
    let folder = try TemporaryFolder()
    let first = try load(folder).made
    let day: Int64 = 86_400
    #expect(try load(folder, now: Self.now + 300 * day).reports == [])
    let renewed = try load(folder, now: Self.now + 355 * day)
    #expect(renewed.reports == ["making a new development certificate: the old one has expired or soon will"])
    #expect(renewed.made.authority == first.authority)
    #expect(renewed.made.chain != first.chain)
    let later = try load(folder, now: Self.now + 3640 * day)
    #expect(later.reports.count == 1)
    #expect(later.made.authority != first.authority)
  }

  @Test func aNewNameMakesANewCertificate() throws {
    let folder = try TemporaryFolder()
    let first = try load(folder).made
    let second = try load(folder, names: ["localhost", "192.0.2.5"])
    #expect(second.reports == ["making a new development certificate: the old one is not for 192.0.2.5"])
    #expect(second.made.authority == first.authority)
    #expect(try load(folder, names: ["192.0.2.5"]).reports == [])
  }

  @Test func processesThatStartAtOnceAgree() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    // Each opens the lock file by itself, as a process would.
    let chains = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 {
        group.addTask { try Simulator.DevelopmentCertificate.load(state: path, host: "127.0.0.1") { _ in }.chain }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(chains).count == 1)
  }

  @Test func theNamesAreThoseOfThisComputer() {
    let names = Simulator.DevelopmentCertificate.wantedNames(host: "127.0.0.1")
    #expect(names.prefix(3) == ["localhost", "127.0.0.1", "::1"])
    #expect(Set(names).count == names.count)
    #expect(Simulator.DevelopmentCertificate.wantedNames(host: "192.0.2.9").last == "192.0.2.9")
    #expect(!Simulator.DevelopmentCertificate.wantedNames(host: "0.0.0.0").contains("0.0.0.0"))
  }

  @Test func filesThatAreNoCertificateAreOneLine() throws {
    let folder = try TemporaryFolder()
    try folder.write("nonsense", to: "cert.pem")
    let path = folder.path + "/cert.pem"
    let error = #expect(throws: RunFailure.self) { try RelayCertificate(chainPath: path, privateKeyPath: path) }
    #expect(error?.description.contains(path) == true)
    chmod(path, 0o644)
    let exposed = #expect(throws: RunFailure.self) { try RelayCertificate(chainPath: path, privateKeyPath: path) }
    #expect(exposed?.description.hasPrefix("--key-pem '\(path)': other users can get at it (mode 644)") == true)
    let missing = #expect(throws: RunFailure.self) {
      try RelayCertificate(chainPath: folder.path + "/none", privateKeyPath: path)
    }
    #expect(missing?.description == "--cert '\(folder.path)/none': No such file or directory")
  }
}
