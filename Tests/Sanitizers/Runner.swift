import Testing

/// What `swift test` makes by itself: runs all tests of this program.
@main struct Runner {
  static func main() async { await __swiftPMEntryPoint() as Never }
}
