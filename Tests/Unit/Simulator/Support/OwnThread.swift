import Glibc

/// A closure on a thread of its own. Tests share as many threads as there are cores: what waits for the test it belongs
/// to must not take one of those.
final class OwnThread<Result: Sendable>: @unchecked Sendable {
  private var thread = pthread_t()
  private let body: @Sendable () -> Result
  private var result: Result?

  /// Starts `body`.
  init(_ body: @escaping @Sendable () -> Result) {
    self.body = body
    let unmanaged = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let own = Unmanaged<AnyRunnable>.fromOpaque(context).takeRetainedValue()
        own.run()
        return nil
      }, Unmanaged.passRetained(AnyRunnable { unmanaged.takeRetainedValue().finish() }).toOpaque())
    if code != 0 { result = nil }
  }

  private func finish() { result = body() }

  /// Waits for the end; nil when there was no thread.
  func join() -> Result? {
    pthread_join(thread, nil)
    return result
  }
}

private final class AnyRunnable {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}
