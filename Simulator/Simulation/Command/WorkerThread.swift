import Glibc

/// A thread that does one thing and is waited for.
final class WorkerThread {
  private var thread = pthread_t()
  private var isStarted = false

  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Signals are for the main thread.
  init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let work = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, nil,
      { context in
        // Always what was passed below.
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw SystemError(code: code)
    }
    isStarted = true
  }

  /// Waits for its end.
  func join() {
    guard isStarted else { return }
    pthread_join(thread, nil)
    isStarted = false
  }
}
