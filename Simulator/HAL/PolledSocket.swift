public import HAL

/// A socket that an event loop can wait for, and that can end by RST.
public protocol PolledSocket: StreamSocket, ~Copyable {
  /// Adds what must happen before `status()` or, if `reading`, `read` has news, or, if `writing`, `write` takes more.
  func addInterests(to interests: inout LoopInterests, reading: Bool, writing: Bool)

  /// Ends the connection by RST; what is on its way is lost. Harmless when not open.
  mutating func abort()
}

extension LinuxSocket: PolledSocket {
  /// Adds its descriptor, unless there is nothing to wait for: an error would then end every wait.
  public func addInterests(to interests: inout LoopInterests, reading: Bool, writing: Bool) {
    if let pollDescriptor, reading || writing || pollsForWriting {
      interests.add(pollDescriptor, reading: reading && !pollsForWriting, writing: writing || pollsForWriting)
    }
    interests.wake(atMilliseconds: nextDeadlineMilliseconds)
  }
}
