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
      writer.append(", mbedTLS %u.%u", UInt64(extending: library.major), UInt64(extending: library.minor))
      writer.append(".%u, reset: ", UInt64(extending: library.patch))
      writer.append(ResetReason.words(board_reset_reason()))
    }
  }

  /// Who the node is and what it will do.
  static func node(_ node: borrowing BoardNode) {
    var line = Console.Line(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    writer.append(
      "boot %u: a reading every %u ms", UInt64(extending: node.bootCount), UInt64(extending: node.configuration.intervalMilliseconds))
    if let limit = node.configuration.readingLimit { writer.append(", %u readings", UInt64(extending: limit)) }
    writer.append(", for channel ")
    writer.append(node.client.session.identity.channel)
    writer.append(" as ")
    writer.append(node.client.session.identity.uid)
    writer.append(", server ")
    writer.append(node.client.endpoint.host)
    writer.append(":%u", UInt64(extending: node.client.endpoint.port))
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
      writer.append("memory: stack peak %u of %u, TLS ", UInt64(extending: memory.stack_peak), UInt64(extending: memory.stack_size))
      writer.append("%u now, %u peak of ", UInt64(extending: memory.tls_used), UInt64(extending: memory.tls_peak))
      writer.append("%u bytes, join %u", UInt64(extending: memory.tls_size), UInt64(extending: joins))
    }
  }

  /// The last line, when all readings that were asked for were made and handed over.
  ///
  ///     finished: 100 published, 0 refused, 0 missed, 0 sensor errors, 3 received, 2 joins, 1 resumed, 1 lost
  static func summary(_ node: borrowing BoardNode) {
    let statistics = node.statistics
    let joins = node.client.session.joinCount
    let resumed = node.client.resumedCount
    Console.log(.info) { writer in
      writer.append("finished: %u published, %u refused, ", UInt64(extending: statistics.published), UInt64(extending: statistics.refused))
      writer.append("%u missed, %u sensor errors, ", UInt64(extending: statistics.missed), UInt64(extending: statistics.sensorErrors))
      writer.append("%u received, %u joins, ", UInt64(extending: statistics.received), UInt64(extending: joins))
      writer.append("%u resumed, %u lost", UInt64(extending: resumed), UInt64(extending: statistics.lostConnections))
    }
  }
}
