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
      writer.append(", mbedTLS ", library.major)
      writer.append(".", library.minor)
      writer.append(".", library.patch)
      writer.append(", reset: ")
      writer.append(ResetReason.words(board_reset_reason()))
    }
  }

  /// Who the node is and what it will do.
  static func node(_ node: borrowing BoardNode) {
    var line = Console.Line(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    writer.append("boot ", node.bootCount)
    writer.append(": a reading every ", node.configuration.intervalMilliseconds)
    writer.append(" ms")
    if let limit = node.configuration.readingLimit {
      writer.append(", ", limit)
      writer.append(" readings")
    }
    writer.append(", for channel ")
    writer.append(node.client.session.identity.channel)
    writer.append(" as ")
    writer.append(node.client.session.identity.uid)
    writer.append(", server ")
    writer.append(node.client.endpoint.host)
    writer.append(":", UInt32(node.client.endpoint.port))
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
      writer.append("memory: stack peak ", memory.stack_peak)
      writer.append(" of ", memory.stack_size)
      writer.append(", TLS ", memory.tls_used)
      writer.append(" now, ", memory.tls_peak)
      writer.append(" peak of ", memory.tls_size)
      writer.append(" bytes, join ", joins)
    }
  }

  /// The last line, when all readings that were asked for were made and handed over.
  ///
  ///     finished: 100 published, 0 refused, 0 missed, 0 sensor errors, 3 received, 2 joins, 1 resumed, 1 lost,
  ///     0 dropped, 0 uncertain
  ///
  /// in one line; lost are connections, dropped are readings that a full outbox let go.
  static func summary(_ node: borrowing BoardNode) {
    let statistics = node.statistics
    let joins = node.client.session.joinCount
    let resumed = node.client.resumedCount
    let counters = node.outbox.counters
    let dropped = UInt32(truncatingIfNeeded: counters.droppedQueued &+ counters.droppedUnconfirmed)
    let uncertain = UInt32(truncatingIfNeeded: node.client.uncertainCount)
    Console.log(.info) { writer in
      writer.append("finished: ", statistics.published)
      writer.append(" published, ", statistics.refused)
      writer.append(" refused, ", statistics.missed)
      writer.append(" missed, ", statistics.sensorErrors)
      writer.append(" sensor errors, ", statistics.received)
      writer.append(" received, ", joins)
      writer.append(" joins, ", resumed)
      writer.append(" resumed, ", statistics.lostConnections)
      writer.append(" lost, ", dropped)
      writer.append(" dropped, ", uncertain)
      writer.append(" uncertain")
    }
  }
}
