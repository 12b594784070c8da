import Glibc

/// Stands in for `Synchronization.Mutex` while ThreadSanitizer looks on. That one is a futex in a library of the toolchain
/// which is not instrumented: everything that it guards would be called a race. A mutex of pthreads is understood.
struct Mutex<Value>: ~Copyable, @unchecked Sendable {
  private final class Storage {
    var value: Value
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(_ value: Value) {
      self.value = value
      pthread_mutex_init(mutex, nil)
    }

    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }
  }

  private let storage: Storage

  init(_ value: Value) { storage = Storage(value) }

  borrowing func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(storage.mutex)
    defer { pthread_mutex_unlock(storage.mutex) }
    return try body(&storage.value)
  }
}
