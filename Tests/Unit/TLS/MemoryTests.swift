import FailingMemory
import Testing

@testable import TLS

@Suite("When memory runs out")
struct MemoryTests {
  /// How an attempt to connect twice, the second time by a ticket, and to say a word each way has ended.
  struct End {
    /// Before there was a handshake.
    var thrown: TLSError?
    var outcome = Outcome()
    var clientWords = ""
    var isComplete = false
  }

  /// Which allocations fail: each of the first, where configurations are made, and then one of many, all the way through.
  static let everyOneBelow = 120
  static let stride = 211
  /// Less than a leak of 250 bytes in each attempt comes to; a few thousand bytes more or less are nothing of TLS.
  static let growthBytesMax = 65_536

  static func connect(_ authority: TestAuthority, _ certificate: PEM, _ version: TLSVersion) throws -> End {
    var end = End()
    do {
      var configuration = try authority.client()
      try configuration.setVersions(version...version)
      let serverConfiguration = try TLSConfiguration.server(certificate)
      let resumption = try TLSResumption()
      for _ in 0..<2 {
        var pair = try Pair(configuration, serverConfiguration, resumption: resumption)
        end.outcome = pair.shakeHands()
        end.clientWords = pair.clientWords
        guard end.outcome.isOpen else { return end }
        _ = try pair.client.write("ping".bytes.span, over: &pair.clientSocket)
        #expect(try pair.serverReads().0 == "ping".bytes)
        _ = try pair.server.write("pong".bytes.span, over: &pair.serverSocket)
        #expect(try pair.clientReads().0 == "pong".bytes)
        pair.client.close(over: &pair.clientSocket)
      }
      end.isComplete = true
    } catch let error as TLSError {
      end.thrown = error
    }
    return end
  }

  /// Tries it with memory running out at one allocation after the other, and gives the ends; in the end it works again.
  static func exhaust(_ authority: TestAuthority, _ certificate: PEM, _ version: TLSVersion) throws -> [End] {
    var ends: [End] = []
    var number = 0
    while true {
      failing_memory_arm(number, true)
      let end = try connect(authority, certificate, version)
      guard failing_memory_disarm() else { break }
      ends.append(end)
      number += number < everyOneBelow ? 1 : stride
    }
    #expect(try connect(authority, certificate, version).isComplete)
    return ends
  }

  // In a process of its own, as is what follows: it looks at the memory of all threads.
  @Test("for good, the side that needs it says so, and may try again; nothing is lost")
  func forGood() async {
    await #expect(processExitsWith: .success) {
      let authority = try TestAuthority("Test CA")
      let certificate = try authority.issue("device.test")
      for version in versions {
        var ends = try MemoryTests.exhaust(authority, certificate, version)
        #expect(ends.count > MemoryTests.everyOneBelow)
        // mbedTLS takes a point that it has no memory for to be a key that it cannot read.
        #expect(ends.allSatisfy { [nil, .outOfMemory, .invalidKey].contains($0.thrown) }, "thrown")
        #expect(ends.count { $0.thrown == .invalidKey } < 20, "keys")
        ends.removeAll { $0.thrown != nil || $0.isComplete }
        // A client that fails may try again, unless it was the server that failed and told so.
        for end in ends {
          #expect(!end.outcome.isOpen)
          if case .alertReceived = end.outcome.clientError { continue }
          #expect(end.outcome.clientError?.kind ?? .retry == .retry, "\(end)")
        }
        let clientCount = ends.count { $0.outcome.clientError == .outOfMemory }
        #expect(clientCount >= 10, "\(clientCount) of \(ends.count)")
        #expect(ends.contains { $0.clientWords.contains("not enough memory for TLS") }, "words")
        #expect(
          ends.contains { $0.clientWords.contains("no memory to check it: fewer than 10240 bytes are free") }, "check")
        ends = []
        // The first time, something may be kept for later ones.
        let before = failing_memory_used()
        _ = try MemoryTests.exhaust(authority, certificate, version)
        let growth = Int(failing_memory_used()) - Int(before)
        #expect(growth < MemoryTests.growthBytesMax, "\(growth) bytes")
      }
    }
  }

  @Test("once, nobody is trusted for it")
  func once() async {
    await #expect(processExitsWith: .success) {
      let authority = try TestAuthority("Test CA")
      let stranger = try TestAuthority("Another CA").issue("device.test")
      for version in versions {
        failing_memory_arm(.max, false)
        var end = try MemoryTests.connect(authority, stranger, version)
        #expect(end.outcome.clientError == .certificateFromUnknownAuthority)
        var number = 0
        repeat {
          failing_memory_arm(number, false)
          end = try MemoryTests.connect(authority, stranger, version)
          #expect(!end.isComplete && !end.outcome.clientIsOpen)
          number += number < MemoryTests.everyOneBelow ? 1 : MemoryTests.stride
        } while failing_memory_disarm()
      }
    }
  }
}
