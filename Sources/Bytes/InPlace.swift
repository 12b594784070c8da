/// Held by a structure with large memory, it keeps that where it is: the compiler cannot load the structure as a whole.
///
/// Without it a structure is a value to the compiler as a number is, and to look at one of its fields it may copy all of
/// it, kilobytes of buffers too, to the stack. Measured in the chip's compiler mode: frames of up to 40 KB in the node's
/// functions, 10 KB with this in its buffers. Takes no memory.
@_rawLayout(size: 0, alignment: 1)
public struct InPlace: ~Copyable {
  /// The same for all.
  public init() {}
}
