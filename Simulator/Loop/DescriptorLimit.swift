import Glibc

/// How many files and sockets this process may have open.
public enum DescriptorLimit {
  /// Descriptors that a process needs besides its connections: standard streams, pipes, files.
  public static let reserve = 64
  private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

  /// Raises the soft limit so that `count` connections fit beside `reserve`, as far as the hard limit allows.
  /// Returns the number of connections that do fit.
  public static func makeRoom(forConnections count: Int) -> Int {
    let wanted = rlim_t(max(0, count)) + rlim_t(reserve)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return count }
    if limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max {
      let before = limit.rlim_cur
      limit.rlim_cur = min(wanted, limit.rlim_max)
      if setrlimit(resource, &limit) != 0 { limit.rlim_cur = before }
    }
    return max(0, min(count, Int(clamping: limit.rlim_cur) - reserve))
  }
}
