import TLS
import Testing

@Suite("What can be done about a failure")
struct ErrorKindTests {
  @Test(
    "bug: an alert that tells of damaged bytes, or of the server's own trouble, counted as a refusal",
    arguments: [10, 20, 22, 50, 51, 80, 90] as [UInt8])
  func passingAlerts(number: UInt8) {
    #expect(TLSError.alertReceived(number).kind == .retry)
  }

  @Test(
    "an alert that is a verdict is one (RFC 8446, section 6.2)",
    arguments: [40, 42, 43, 44, 45, 46, 47, 48, 49, 70, 71, 86, 109, 110, 112, 113, 115, 116, 120] as [UInt8])
  func verdicts(number: UInt8) {
    #expect(TLSError.alertReceived(number).kind == .refused)
  }
}
