// What the chip's compiler mode makes of the code, run on this computer: Embedded Swift specialises everything, and has
// returned spans of copies that were gone. Prints a line a check; the exit status says whether all were right.
import Bytes
import Device
import Mles
import WebSocket

@_extern(c, "putchar") @discardableResult func putchar(_ character: Int32) -> Int32
@_extern(c, "exit") func exit(_ status: Int32)

func print(_ text: StaticString) {
  text.withUTF8Buffer { bytes in
    for byte in bytes { putchar(Int32(byte)) }
  }
}

@inline(never) func isSample(_ bytes: Span<UInt8>) -> Bool {
  guard bytes.count == 5 else { return false }
  for index in 0..<5 where bytes[index] != UInt8(index + 0x61) { return false }
  return true
}

/// A structure in a structure, with two buffers in use at a time, as in a TLS session.
struct Pair<let capacity: Int>: ~Copyable {
  var first = ByteBuffer<capacity>()
  var second = ByteBuffer<capacity>()
  init() {}

  @inline(never) mutating func check(_ sample: Span<UInt8>) -> Bool {
    guard first.append(sample) else { return false }
    var space = second.space
    return Self.see(first.bytes, &space)
  }

  @inline(never) static func see(_ bytes: Span<UInt8>, _ space: inout MutableSpan<UInt8>) -> Bool {
    space.count == capacity && isSample(bytes)
  }
}

func exchange(_ sample: Span<UInt8>) -> Bool {
  var client = Connection<1024, 640>(role: .client, oversize: .refuse)
  var server = Connection<1024, 640>(role: .server, oversize: .refuse)
  guard (try? client.send(sample, kind: .text, randomBits: 0x1234_5678)) != nil else { return false }
  var wire = InlineArray<64, UInt8>(repeating: 0)
  let count = min(client.output.count, wire.count)
  for index in 0..<count { wire[index] = client.output[index] }
  var whole = wire.mutableSpan
  var input = whole._mutatingExtracting(first: count)
  var position = 0
  do throws(ProtocolError) {
    guard try server.receive(&input, position: &position, randomBits: 1) == .message(.text) else { return false }
  } catch { return false }
  return isSample(server.message)
}

func queue(_ sample: Span<UInt8>) -> Bool {
  var outbox = DefaultOutbox(policy: .dropOldest)
  guard (try? outbox.append(sample, kind: .text)) != nil else { return false }
  return isSample(outbox.next) && isSample(outbox.message(at: 0))
}

func name(_ sample: Span<UInt8>) -> Bool {
  guard let identity = try? ChannelIdentity(uid: sample, channel: sample, key: nil),
    let endpoint = try? Endpoint(host: sample, target: sample)
  else { return false }
  return isSample(identity.uid) && isSample(identity.channel) && isSample(endpoint.host) && isSample(endpoint.target)
}

func upgrade(_ sample: Span<UInt8>) -> Bool {
  guard let identity = try? ChannelIdentity(uid: sample, channel: sample, key: nil) else { return false }
  var session = Session<1024, 640>(identity: identity)
  session.start(seed: (1, 2), nowMilliseconds: 0)
  session.transportIsConnecting(nowMilliseconds: 0)
  session.transportIsSecuring(nowMilliseconds: 0)
  let target: InlineArray<1, UInt8> = [0x2F]
  session.transportIsOpen(
    host: sample, port: 443, target: target.span, nonce: InlineArray<16, UInt8>(repeating: 3), nowMilliseconds: 0)
  let request = session.output
  let start: StaticString = "GET / HTTP/1.1\r\nHost: abcde\r\n"
  return start.withUTF8Buffer { expected in
    guard request.count > expected.count else { return false }
    for index in 0..<expected.count where request[index] != expected[index] { return false }
    return true
  }
}

/// The byte of a key at `index`.
func keyByte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 37 &+ 11) }

@inline(never) func fillKey(_ bytes: inout MutableSpan<UInt8>) {
  for index in bytes.indices { bytes[index] = keyByte(index) }
}

/// Has a key on the stack, as the firmware has the channel's, and says where it was.
@inline(never) func useKey(isErased: Bool) -> UInt {
  var key = InlineArray<256, UInt8>(repeating: 0)
  var span = key.mutableSpan
  fillKey(&span)
  let place = span.withUnsafeMutableBufferPointer { UInt(bitPattern: $0.baseAddress) }
  if isErased { span.erase() }
  return place
}

/// How many bytes of a key are left at this place.
@inline(never) func leftovers(at place: UInt) -> Int {
  guard let start = UnsafePointer<UInt8>(bitPattern: place) else { return 0 }
  var count = 0
  for index in 0..<256 where start[index] == keyByte(index) { count += 1 }
  return count
}

/// An erased key is gone, and it is the erasing that does it: without it most of the key outlives its function.
func erase() -> Bool {
  leftovers(at: useKey(isErased: false)) > 128 && leftovers(at: useKey(isErased: true)) < 8
}

func check(_ isRight: Bool, _ text: StaticString, _ failures: inout Int32) {
  print(isRight ? "ok " : "FAIL ")
  print(text)
  print("\n")
  if !isRight { failures += 1 }
}

@main struct Main {
  static func main() {
    let sample: InlineArray<5, UInt8> = [0x61, 0x62, 0x63, 0x64, 0x65]
    var failures: Int32 = 0
    var small = Pair<64>()
    check(small.check(sample.span), "buffers of 64 bytes", &failures)
    var node = Pair<1024>()
    check(node.check(sample.span), "buffers of 1024 bytes", &failures)
    check(exchange(sample.span), "a message from connection to connection", &failures)
    check(queue(sample.span), "a message in the outbox", &failures)
    check(name(sample.span), "names of identity and endpoint", &failures)
    check(upgrade(sample.span), "the upgrade request of a session", &failures)
    check(erase(), "an erased key", &failures)
    exit(failures)
  }
}
