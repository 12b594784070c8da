/// What libFuzzer calls with each input; every target has a function `fuzz(_:)`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  fuzz([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
