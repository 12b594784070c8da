import Bytes
import CBoard
import Device
import HAL
import Mles
import TLS

// What the firmware says besides its node; tests and people look for these lines.

extension Firmware {
  /// The first line of a start.
  static func logStart() {
    board_show_status(BOARD_STATUS_STARTING)
    let library = TLSConfiguration.libraryVersion
    Console.log(.info) { writer in
      writer.append("Mles firmware ")
      writer.append(version)
      writer.append(", mbedTLS ", library.major)
      writer.append(".", library.minor)
      writer.append(".", library.patch)
      writer.append(", reset: ")
      writer.append(ResetReason.words(board_reset_reason()))
    }
  }

  /// Who this node is and what it will do.
  func logNode() {
    Console.log(.info) { writer in
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
    }
  }

  /// After each join that was confirmed: how much memory has ever been used. In a node that runs for years the peaks
  /// stand still after the first joins.
  mutating func logJoin() {
    let joins = node.client.session.joinCount
    guard joins != reportedJoins else { return }
    reportedJoins = joins
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

  /// The last line, when all readings that were asked for have been made and handed over.
  func logSummary() {
    let statistics = node.statistics
    Console.log(.info) { writer in
      writer.append("finished: ", statistics.published)
      writer.append(" published, ", statistics.refused)
      writer.append(" refused, ", statistics.missed)
      writer.append(" missed, ", statistics.sensorErrors)
      writer.append(" sensor errors, ", statistics.received)
      writer.append(" received, ", node.client.session.joinCount)
      writer.append(" joins, ", node.client.resumedCount)
      writer.append(" resumed, ", statistics.lostConnections)
      writer.append(" lost")
    }
  }
}
