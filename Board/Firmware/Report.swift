import Bytes
import CBoard
import Device
import HAL
import Mles
import TLS

/// What the firmware says besides its node. People and tests look for these lines.
enum Report {
  /// The first line after each start: `Mles firmware 0.1.0, mbedTLS 3.6.5, reset: power-on`.
  static func start() {
    board_show_status(BOARD_STATUS_STARTING)
    let library = TLSConfiguration.libraryVersion
    Console.log(.info) { writer in
      writer.append("Mles firmware ")
      writer.append(Firmware.version)
      writer.append(", mbedTLS %u.%u", library.major, library.minor)
      writer.append(".%u", library.patch)
      writer.append(", reset: ")
      writer.append(ResetReason.words(board_reset_reason()))
    }
  }

  /// Certificates among those configured that cannot be read; the others are trusted.
  static func skippedAuthorities(_ count: Int) {
    Console.log(.warning) {
      $0.append(
        "configuration: ca: certificates that cannot be read and are left out: %u", UInt32(truncatingIfNeeded: count))
    }
  }

  /// Who the node is and what it will do.
  static func node(_ node: borrowing BoardNode) {
    var line = Console.Line(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    writer.append("boot %u: a reading every %u ms", node.bootCount, node.configuration.intervalMilliseconds)
    if let limit = node.configuration.readingLimit { writer.append(", %u readings", limit) }
    writer.append(", for channel ")
    writer.append(node.client.session.identity.channel)
    writer.append(" as ")
    writer.append(node.client.session.identity.uid)
    writer.append(", server ")
    writer.append(node.client.endpoint.host)
    writer.append(":%u", UInt32(node.client.endpoint.port))
    writer.append(node.client.endpoint.target)
    let count = writer.requiredCount
    Console.log(.info, line, count)
  }

  /// After each join that was confirmed: how much memory was ever used. In a node that runs for years the peaks stand
  /// still after the first joins.
  ///
  ///     memory: stack peak 4312 of 12288, TLS 2104 now, 29036 peak of 40960 bytes, join 10
  static func memory(_ joins: UInt32) {
    var memory = board_memory()
    board_memory_usage(&memory)
    Console.log(.info) { writer in
      writer.append("memory: stack peak %u of %u", memory.stack_peak, memory.stack_size)
      writer.append(", TLS %u now, %u peak", memory.tls_used, memory.tls_peak)
      writer.append(" of %u bytes, join %u", memory.tls_size, joins)
    }
  }

  /// The last line, when all readings that were asked for were made and handed over.
  ///
  ///     finished: 100 published, 0 refused, 0 missed, 0 sensor errors, 3 received, 2 joins, 1 resumed, 1 lost,
  ///     0 dropped, 0 unconfirmed
  ///
  /// in one line; lost are connections, dropped are readings that a full outbox let go unsent, unconfirmed those that it let
  /// go with nothing to prove that they arrived.
  static func summary(_ node: borrowing BoardNode) {
    let statistics = node.statistics
    let joins = node.client.session.joinCount
    let resumed = node.client.resumedCount
    let counters = node.outbox.counters
    let dropped = UInt32(truncatingIfNeeded: counters.droppedQueued)
    let unconfirmed = UInt32(truncatingIfNeeded: counters.droppedUnconfirmed)
    Console.log(.info) { writer in
      writer.append("finished: %u published, %u refused", statistics.published, statistics.refused)
      writer.append(", %u missed, %u sensor errors", statistics.missed, statistics.sensorErrors)
      writer.append(", %u received, %u joins", statistics.received, joins)
      writer.append(", %u resumed, %u lost", resumed, statistics.lostConnections)
      writer.append(", %u dropped, %u unconfirmed", dropped, unconfirmed)
    }
  }
}
