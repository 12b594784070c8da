import Bytes
import Testing

@testable import Mles

@Suite struct JoinHeaderWriteTests {
  private func header(_ uid: [UInt8], _ channel: [UInt8], _ authentication: UInt64?) throws -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: JoinHeader.maximumByteCount)
    var writer = ByteWriter(storage.mutableSpan)
    JoinHeader.write(uid: uid.span, channel: channel.span, authentication: authentication, to: &writer)
    let count = try writer.finish()
    return Array(storage[..<count])
  }

  private func validationError(_ uid: [UInt8], _ channel: [UInt8]) -> JoinHeaderError? {
    do throws(JoinHeaderError) {
      try JoinHeader.validate(uid: uid.span, channel: channel.span)
      return nil
    } catch {
      return error
    }
  }

  @Test func writesTheCanonicalForm() throws {
    let text = try header([UInt8]("alice"), [UInt8]("example"), 0x9b3b_9552_7f7c_2d80)
    #expect(text == [UInt8](#"{"uid":"alice","channel":"example","auth":"9b3b95527f7c2d80"}"#))
  }

  @Test func leavesOutAnAbsentAuthentication() throws {
    #expect(try header([UInt8]("a"), [UInt8]("b"), nil) == [UInt8](#"{"uid":"a","channel":"b"}"#))
  }

  @Test func keepsLeadingZerosOfTheAuthentication() throws {
    let text = try header([UInt8]("a"), [UInt8]("b"), 0x1F)
    #expect(text == [UInt8](#"{"uid":"a","channel":"b","auth":"000000000000001f"}"#))
  }

  @Test func escapesQuotesBackslashesAndControlCharacters() throws {
    let uid: [UInt8] = [0x22, 0x5C, 0x2F, 0x00, 0x0A, 0x1F, 0x7F, 0x41]
    let expected = [UInt8](#"{"uid":"\"\\/\u0000\n\u001f"#) + [0x7F, 0x41] + [UInt8](#"","channel":"c"}"#)
    #expect(try header(uid, [UInt8]("c"), nil) == expected)
  }

  @Test func theLargestHeaderOfValidNamesIsExactlyTheStatedMaximum() throws {
    let worst = [UInt8](repeating: 0x01, count: JoinHeader.maximumNameBytes)
    #expect(validationError(worst, worst) == nil)
    #expect(try header(worst, worst, UInt64.max).count == JoinHeader.maximumByteCount)
  }

  @Test func tooSmallAnOutputIsReportedWithTheSizeNeeded() {
    var storage = [UInt8](repeating: 0, count: 24)
    let name: [UInt8] = [0x61]
    var writer = ByteWriter(storage.mutableSpan)
    JoinHeader.write(uid: name.span, channel: name.span, authentication: nil, to: &writer)
    let hasOverflowed = writer.hasOverflowed
    #expect(hasOverflowed)
    let requiredCount = writer.requiredCount
    #expect(requiredCount == 25)
  }

  @Test func namesOfOurOwnAreChecked() {
    let good = [UInt8]("node-1")
    let long = [UInt8](repeating: 0x61, count: 65)
    #expect(validationError(good, good) == nil)
    #expect(validationError([], good) == .empty(.uid, offset: 0))
    #expect(validationError(good, []) == .empty(.channel, offset: 0))
    #expect(validationError(Array("sää".utf8), good) == .notASCII(.uid, offset: 1))
    #expect(validationError(good, [0x61, 0x80]) == .notASCII(.channel, offset: 1))
    #expect(validationError(long, good) == .tooLong(.uid, limitBytes: 64, got: 65))
    #expect(validationError(good, long) == .tooLong(.channel, limitBytes: 64, got: 65))
  }

  @Test func whatIsWrittenIsParsedBackUnchanged() throws {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let uid = (0..<Int.random(in: 1...64, using: &random)).map { _ in UInt8.random(in: 0...127, using: &random) }
      let channel = (0..<Int.random(in: 1...64, using: &random)).map { _ in UInt8.random(in: 0...127, using: &random) }
      let authentication = Bool.random(using: &random) ? random.next() : nil
      let parsed = try ParsedHeader.parse(header(uid, channel, authentication))
      #expect(parsed.uid == uid)
      #expect(parsed.channel == channel)
      #expect(parsed.auth.flatMap { Authentication.parse($0.span) } == authentication)
      #expect((parsed.auth == nil) == (authentication == nil))
    }
  }
}
