import Testing

@testable import Mles

/// The relations between the timeouts that their documentation states.
@Suite struct TimeoutsTests {
  let timeouts = Timeouts()
  /// The server's Ping period, and the ticks after which it lets go of a silent connection (mles-rs 2.9.2).
  let tickMilliseconds: UInt32 = 24_000
  let ticksToGhost: UInt32 = 4

  @Test func theGhostIsGoneAfterFourTicks() {
    #expect(timeouts.ghostMilliseconds == tickMilliseconds * ticksToGhost)
  }

  @Test func aJoinIsGivenUpOnlyAfterEverythingTheServerMightDo() {
    #expect(timeouts.joinConfirmationMilliseconds > timeouts.ghostMilliseconds)
    #expect(timeouts.joinConfirmationMilliseconds < timeouts.ghostMilliseconds + tickMilliseconds)
  }

  @Test func aRefusalAtOnceCannotBeMistakenForOneAtATick() {
    #expect(timeouts.refusalAtOnceMilliseconds <= tickMilliseconds - 1_000)
  }

  @Test func livenessAllowsTwoMissedPingsAndEndsBeforeTheServerDoes() {
    #expect(timeouts.livenessMilliseconds > 2 * tickMilliseconds)
    #expect(timeouts.livenessMilliseconds < timeouts.ghostMilliseconds)
  }

  @Test func aStalledSenderIsNoticedBeforeASilentServer() {
    #expect(timeouts.sendProgressMilliseconds <= timeouts.livenessMilliseconds / 2)
  }

  @Test func aSessionIsStableOnlyAfterTheFirstTick() {
    #expect(timeouts.stableMilliseconds > tickMilliseconds)
  }

  @Test func aConnectionIsJoinedOrGivenUpAfterTheStatedTime() {
    let total =
      timeouts.resolveMilliseconds + timeouts.connectMilliseconds + timeouts.secureMilliseconds
      + timeouts.upgradeMilliseconds + timeouts.joinConfirmationMilliseconds
    #expect(total == 145_000)
  }

  @Test func aNodeIsBackFiveSecondsAfterItsGhostIsGoneWhenAConnectionTakesTwo() {
    #expect(timeouts.ghostRetryMilliseconds + 2_000 <= 5_000)
  }

  @Test func onlyTheServersOwnPingCanEndTheReplay() {
    #expect(timeouts.replayMilliseconds < tickMilliseconds)
    #expect(timeouts.replayMilliseconds > tickMilliseconds / 2)
  }

  @Test func aConnectionThatGoesDeafInItsReplayHasEndedBeforeThatIsTakenToBeOver() {
    #expect(timeouts.replayLimitMilliseconds >= timeouts.replayMilliseconds + timeouts.livenessMilliseconds)
  }

  @Test func aMessageIsConfirmedOnlyAfterTheServerWouldHaveClosed() {
    #expect(timeouts.confirmationMilliseconds == tickMilliseconds * (ticksToGhost + 1))
  }

  @Test func whatCannotSucceedIsTriedSeldom() {
    #expect(timeouts.permanentRetryMilliseconds > BackoffParameters().capMilliseconds)
  }

  @Test func eachLimitIsSetUnderItsOwnName() {
    let names: [(WritableKeyPath<Timeouts, UInt32>, SessionWait)] = [
      (\.resolveMilliseconds, .resolve), (\.connectMilliseconds, .connect), (\.secureMilliseconds, .secure),
      (\.upgradeMilliseconds, .upgrade), (\.joinConfirmationMilliseconds, .joinConfirmation),
      (\.livenessMilliseconds, .liveness), (\.sendProgressMilliseconds, .sendProgress), (\.closeMilliseconds, .close),
    ]
    for (name, wait) in names {
      var changed = timeouts
      changed[keyPath: name] = 7
      #expect(changed[wait] == 7 && changed[keyPath: name] == 7)
      for (other, otherWait) in names where otherWait != wait {
        #expect(changed[keyPath: other] == timeouts[otherWait], "\(wait) changes \(otherWait)")
      }
    }
  }
}
