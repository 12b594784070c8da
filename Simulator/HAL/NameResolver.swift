import Glibc
import HAL
import Synchronization

/// Looks up names without holding up the caller: getaddrinfo(3) runs in threads of its own, a bounded number of them,
/// and each answer is announced on a descriptor that the loop can poll.
public final class NameResolver: Sendable {
  /// The one that sockets use unless told otherwise.
  public static let shared = NameResolver()

  /// The most lookups that run at once; getaddrinfo(3) can take half a minute when no name server answers.
  public static let threadCountMax = 8
  /// The most lookups that wait for a thread; one more is refused.
  public static let queueCountMax = 1024

  /// What a lookup found, or the `EAI_` number why not.
  typealias Answer = (addresses: [SocketAddress], code: Int32)

  private struct State {
    var queue: [NameLookup] = []
    var threadCount = 0
  }

  private let state = Mutex(State())
  private let queueCountMax: Int
  private let lookUp: @Sendable (String) -> Answer

  /// A resolver that asks the system.
  public convenience init() {
    self.init { SocketAddress.lookUp($0, flags: AI_ADDRCONFIG) }
  }

  /// A resolver that asks `lookUp`, which may block.
  init(queueCountMax: Int = queueCountMax, lookUp: @escaping @Sendable (String) -> Answer) {
    self.queueCountMax = queueCountMax
    self.lookUp = lookUp
  }

  /// The number of threads that are looking names up now.
  var threadCount: Int { state.withLock { $0.threadCount } }

  /// Starts to look up `host`.
  func start(_ host: String) throws(SocketError) -> NameLookup {
    let lookup: NameLookup
    do {
      lookup = try NameLookup(host: host)
    } catch {
      throw .outOfResources(code: error.code)
    }
    let failure: Int32 = state.withLock { state in
      // Those who gave up leave room.
      if state.queue.count >= queueCountMax { state.queue.removeAll { $0.isAbandoned } }
      guard state.queue.count < queueCountMax else { return EAGAIN }
      if state.threadCount < Self.threadCountMax {
        let code = startThread()
        if code == 0 { state.threadCount += 1 } else if state.threadCount == 0 { return code }
      }
      state.queue.append(lookup)
      return 0
    }
    guard failure == 0 else { throw .outOfResources(code: failure) }
    return lookup
  }

  /// Answers lookups until none is left, then ends. Runs in its own thread.
  private func work() {
    while let lookup = next() {
      lookup.deliver(lookUp(lookup.host))
    }
  }

  private func next() -> NameLookup? {
    state.withLock { state in
      while !state.queue.isEmpty {
        let lookup = state.queue.removeFirst()
        if !lookup.isAbandoned { return lookup }
      }
      state.threadCount -= 1
      return nil
    }
  }

  /// Starts a detached thread that takes no signals: those are for the thread of the loop. Returns 0 or errno.
  private func startThread() -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, &attributes,
      { context in
        // Always what was passed below.
        if let context { Unmanaged<NameResolver>.fromOpaque(context).takeRetainedValue().work() }
        return nil
      }, context.toOpaque())
    if code != 0 { context.release() }
    return code
  }
}

/// One name being looked up. The socket that asked may forget it at any time: whoever lets go last frees it.
final class NameLookup: Sendable {
  private enum Progress {
    case waiting
    case answered(NameResolver.Answer)
    case abandoned
  }

  let host: String
  private let wakeup: WakeupPipe
  private let progress = Mutex(Progress.waiting)

  init(host: String) throws(SystemError) {
    self.host = host
    wakeup = try WakeupPipe()
  }

  /// Readable once the answer is there.
  var fileDescriptor: Int32 { wakeup.readDescriptor }

  /// The answer, or nil as long as there is none.
  var answer: NameResolver.Answer? {
    progress.withLock { if case .answered(let answer) = $0 { answer } else { nil } }
  }

  /// Whether nobody waits for the answer any more.
  var isAbandoned: Bool {
    progress.withLock { if case .abandoned = $0 { true } else { false } }
  }

  /// Says that nobody waits for the answer any more.
  func abandon() {
    progress.withLock { $0 = .abandoned }
  }

  fileprivate func deliver(_ answer: NameResolver.Answer) {
    progress.withLock { progress in
      if case .waiting = progress { progress = .answered(answer) }
    }
    wakeup.wake()
  }
}
