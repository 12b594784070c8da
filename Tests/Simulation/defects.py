"""Shows that the simulation finds what is wrong: a copy of the tree, built once, in which each of these defects can be
switched on, and the run that finds it.

usage: defects.py BUILD-FOLDER [NAME...]

With names, only these defects are tried. A replacement that fits its file no more is a failure, and so is a defect that
nothing finds, or a run that fails with none switched on. The last line is `N passed, N failed`.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
RUN_SECONDS_MAX = 120

# Only in the copy, and what tells that a folder is one: which defect is on.
SWITCH_FILE = Path("Sources/Bytes/Defect.swift")
SWITCH = """/// Which deliberate defect is switched on; 0 for none.
public enum Defect {
  nonisolated(unsafe) public static var number = 0

  @inline(never)
  public static func isOn(_ number: Int) -> Bool { self.number == number }
}
"""

COMMAND = "Simulator/Simulation/Command/SimulateCommand.swift"
CONNECTION = "Sources/WebSocket/Messages/Connection.swift"
CLIENT = "Sources/Device/Channel/ChannelClient.swift"
TRANSPORT = "Sources/Device/Channel/ChannelClient+Transport.swift"
NODE = "Sources/Device/Node/Node.swift"
OUTBOX = "Sources/Mles/Delivery/Outbox.swift"
TRANSITIONS = "Sources/Mles/Session/Session+Transitions.swift"
RECEIVE = "Sources/Mles/Session/Session+Receive.swift"


@dataclass
class Defect:
    """`new` stands for `old` in `file`, with ON for the switch. `rule` is what the checkers say in the run with these
    options, which has to find it."""

    name: str
    file: str
    old: str
    new: str
    rule: str
    options: str


DEFECTS = [
    Defect("a pong is dropped", CONNECTION,
           "    pong.isPending = true\n", "    pong.isPending = !ON\n",
           "a ping was not answered", "--faults none --hours 1"),
    Defect("a pong is lost when the output is full", CONNECTION,
           "if append(pong, .pong, randomBits) { pong.isPending = false }",
           "if append(pong, .pong, randomBits) || ON { pong.isPending = false }",
           "a ping was not answered", "--faults narrow --hours 1"),
    Defect("frames are not masked", CONNECTION,
           "{ role == .client ? randomBits : nil }", "{ role == .client && !ON ? randomBits : nil }",
           "a client broke the protocol", "--faults none --hours 1"),
    Defect("what was sent is sent again without a look at the history", CLIENT,
           "outbox.rewind(wasRead: !session.end.isRefusal)", "outbox.rewind(wasRead: !session.end.isRefusal && !ON)",
           "a reading was sent again though the replay had it", "--faults mild --hours 10"),
    Defect("the first frame is taken for the end of the replay", TRANSPORT,
           "session.canSend, session.isReplayOver(nowMilliseconds: now) {",
           "session.canSend, session.isReplayOver(nowMilliseconds: now) || (ON && session.phase == .joined) {",
           "a reading was sent again though the replay had it", "--faults mild --hours 10"),
    Defect("what was handed to TCP counts as confirmed", TRANSPORT,
           "    _ = try flush()\n",
           "    _ = try flush()\n"
           "    if ON, session.phase == .joined, !session.hasOutput { outbox.confirmSent() }\n",
           "a reading counts as confirmed", "--faults none --hours 1"),
    Defect("a living connection confirms too soon", "Sources/Mles/Retry/Timeouts.swift",
           "public var confirmationMilliseconds: UInt32 = 120_000",
           "public var confirmationMilliseconds: UInt32 = ON ? 24_000 : 120_000",
           "a reading counts as confirmed", "--faults rough --hours 10"),
    Defect("times of sending are compared the wrong way round", OUTBOX,
           "Int32(bitPattern: limit &- entry(known).sentMilliseconds) >= 0",
           "Int32(bitPattern: ON ? entry(known).sentMilliseconds &- limit : limit &- entry(known).sentMilliseconds) >= 0",
           "a reading counts as confirmed", "--faults rough --hours 10"),
    Defect("recognition confirms one too many", OUTBOX,
           "confirm(index &+ 1)", "confirm(min(unconfirmedCount, index &+ (ON ? 2 : 1)))",
           "a reading counts as confirmed", "--faults rough --hours 10"),
    Defect("the server's pings prove nothing", TRANSPORT,
           "case .serverPing: outbox", "case .serverPing where ON: break\n    case .serverPing: outbox",
           "a node drops readings though nothing disturbs it", "--faults none --hours 1"),
    Defect("what is in doubt is not sent before the next rejoin", TRANSPORT,
           "    if outbox.isInDoubt, ", "    if !ON, outbox.isInDoubt, ",
           "a node is stuck", "--faults mild --hours 10"),
    Defect("the last one sent is not in doubt after a connection", OUTBOX,
           "    isInDoubt = true\n",
           "    isInDoubt = true\n    if ON, unconfirmedCount > 1 { unconfirmedCount &-= 1 }\n",
           "a reading was sent again though the replay had it", "--faults mild --hours 10"),
    Defect("another member's Ping is taken for the server's", RECEIVE,
           "connection.control.isEmpty", "(ON || connection.control.isEmpty)",
           "a reading was sent again though the replay had it", "--faults server --hours 50 --nodes 60 --world 1"),
    Defect("what was sent on an earlier connection is forgotten", OUTBOX,
           "if messagesAreUnique { sentEarlierCount =", "if messagesAreUnique, !ON { sentEarlierCount =",
           "a reading was sent again though the replay had it", "--faults rough --seed 12 --hours 450 --world 8"),
    Defect("the replay of a deaf connection ends", TRANSITIONS,
           "guard let joinedMilliseconds else { return .max }",
           "guard let joinedMilliseconds else { return ON ? after(upgradedMilliseconds, 60_000) : .max }",
           "a reading was sent again though the replay had it", "--faults rough --seed 31 --hours 100 --world 1"),
    Defect("the outbox moves one entry too few", OUTBOX,
           "for index in 0..<count { entries[index]", "for index in 0..<count &- (ON ? 1 : 0) { entries[index]",
           "a message is not what|a client broke the protocol|the outbox|a trap", "--faults rough --hours 10"),
    Defect("the outbox takes a byte more than it has room for", OUTBOX,
           "messageBytes <= bytes.freeCapacity &&", "messageBytes <= bytes.freeCapacity + (ON ? 1 : 0) &&",
           "a message is not what|a client broke the protocol|a buffer is above its capacity|the outbox|a trap",
           "--faults narrow --hours 1"),
    Defect("a buffer loses its last byte when it moves", "Sources/Bytes/ByteBuffer.swift",
           "    end &-= start\n", "    end &-= ON ? start &+ 1 : start\n",
           "a message is not what|a client broke the protocol|is stuck|takes nothing|the outbox|a trap",
           "--faults rough --hours 10"),
    Defect("the ring of hashes is off by one where it begins again", "Sources/Mles/Delivery/HashList.swift",
           "slot < capacity ? slot : slot - capacity", "slot < capacity + (ON ? 1 : 0) ? slot : slot - capacity",
           "history was taken for live|a subscriber|a trap", "--faults rough --hours 10"),
    Defect("history is taken for live", "Sources/Mles/Delivery/HistoryFilter.swift",
           "    let wasCut = isReplaying\n", "    if ON { return }\n    let wasCut = isReplaying\n",
           "history was taken for live", "--faults mild --hours 10"),
    Defect("nothing limits the silence of a server", TRANSITIONS,
           "deadlineMilliseconds = after(waitingSinceMilliseconds, timeouts[wait])",
           "deadlineMilliseconds = ON && phase == .joined ? .max : after(waitingSinceMilliseconds, timeouts[wait])",
           "a client holds on to a silent connection", "--faults mild --hours 10"),
    Defect("nothing limits how long no byte leaves", TRANSITIONS,
           "    if canSend, hasOutput {", "    if canSend, hasOutput, !ON {",
           "a client holds on to a connection that takes nothing", "--faults rough --hours 10"),
    Defect("a message goes before the join header", RECEIVE,
           "    enter(.joining, now)\n",
           "    enter(.joining, now)\n    let early: InlineArray<2, UInt8> = [0x68, 0x69]\n"
           "    if ON { _ = send(early.span, kind: .text, nowMilliseconds: now) }\n",
           "a client broke the protocol", "--faults none --hours 1"),
    Defect("the backoff never grows", "Sources/Mles/Retry/Backoff.swift",
           "ceilingMilliseconds = ceiling > cap / 2 ? cap : ceiling &* 2",
           "ceilingMilliseconds = ON ? ceiling : ceiling > cap / 2 ? cap : ceiling &* 2",
           "a client connects too often", "--faults server --hours 10"),
    Defect("the own ghost is taken for somebody else", "Sources/Mles/Session/SessionState.swift",
           "case .identityInUse: .ghost", "case .identityInUse: ON ? .permanent : .ghost",
           "a node came back too late after its ghost", "--faults mild --hours 10"),
    Defect("a refusal of a server that stalled is taken for one of the header", "Sources/Mles/Retry/Timeouts.swift",
           "public var refusalAtOnceMilliseconds: UInt32 = 23_000",
           "public var refusalAtOnceMilliseconds: UInt32 = ON ? 2_000 : 23_000",
           "a node came back too late after its ghost", "--faults server --hours 10 --seed 7"),
    Defect("the boot number is not stored", NODE,
           'try system.storeValue(stored.span, for: "boot")', 'if !ON { try system.storeValue(stored.span, for: "boot") }',
           "a boot number came twice", "--faults power --hours 5"),
    Defect("the number of a reading is used again", "Sources/Device/Node/Publisher.swift",
           "    sequence &+= 1\n", "    if !ON || sequence % 64 != 63 { sequence &+= 1 }\n",
           "a reading came twice on one connection", "--faults none --hours 1"),
    Defect("a node without a link is due at once, again and again", NODE,
           "now &+ UInt64(extending: client.session.timeouts.linkPollMilliseconds)",
           "now &+ (ON ? 0 : UInt64(extending: client.session.timeouts.linkPollMilliseconds))",
           "a node asks to be called for ever", "--faults mild --hours 10"),
]


class Count:
    def __init__(self) -> None:
        self.passed = self.failed = 0

    def add(self, name: str, problem: str = "") -> None:
        self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)
        print(f"FAIL {name}: {problem}" if problem else f"ok {name}", flush=True)


def copy_tree(copy: Path) -> None:
    """The files of the project, with their times, so that what is built already stays so."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "Package.swift", "Sources", "Simulator",
         "Board/CBoard", "Board/Firmware", "Tests/Unit"],
        cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    if copy.exists() and any(copy.iterdir()) and not (copy / SWITCH_FILE).exists():
        sys.exit(f"{copy}: expected a folder that is new, empty, or made by this program; what is not of the copy is deleted")
    write(copy / SWITCH_FILE, SWITCH.encode())
    wanted = {Path(name) for name in listed.splitlines() if (PROJECT / name).is_file()}
    for old in copy.rglob("*"):
        name = old.relative_to(copy)
        if old.is_file() and name not in wanted | {SWITCH_FILE} and ".build" not in name.parts:
            old.unlink()
    for name in wanted:
        write(copy / name, (PROJECT / name).read_bytes())


def write(path: Path, content: bytes) -> None:
    """Writes only what has changed."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def apply(copy: Path, count: Count) -> None:
    texts: "dict[str, str]" = {COMMAND: (PROJECT / COMMAND).read_text()}
    for number, defect in enumerate(DEFECTS, 1):
        text = texts.setdefault(defect.file, (PROJECT / defect.file).read_text())
        if text.count(defect.old) != 1:
            count.add(defect.name, f"its text is {text.count(defect.old)} times in {defect.file}, expected once")
            continue
        texts[defect.file] = text.replace(defect.old, defect.new.replace("ON", f"Defect.isOn({number})"))
    for file, text in texts.items():
        text = text.replace(
            "  static func run(_ arguments: ParsedArguments, _ console: Console) throws {\n",
            "  static func run(_ arguments: ParsedArguments, _ console: Console) throws {\n"
            "    if let text = getenv(\"MLES_DEFECT\") { Defect.number = Int(String(cString: text)) ?? 0 }\n"
        ) if file == COMMAND else text
        if not file.startswith("Sources/Bytes/") and not re.search(r"^(public )?import Bytes$", text, re.M):
            text = "import Bytes\n" + text
        write(copy / file, text.encode())


def build(copy: Path) -> "tuple[Path, str]":
    done = subprocess.run(
        ["swift", "build", "-c", "release", "--product", "mles-sim", "--package-path", str(copy)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    errors = [line for line in done.stdout.splitlines() if "error" in line] + done.stderr.splitlines()[-5:]
    return copy / ".build/release/mles-sim", "" if done.returncode == 0 else "\n".join(errors[:20])


def run(program: Path, options: str, number: int) -> "tuple[int, list[str]]":
    """The status, and the lines on standard error."""
    try:
        done = subprocess.run(
            [program, "simulate", "--jobs", "1", *options.split()], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=RUN_SECONDS_MAX, env={**os.environ, "MLES_DEFECT": str(number)})
    except subprocess.TimeoutExpired:
        return 1, [f"no end after {RUN_SECONDS_MAX} s"]
    # A process that a signal ended: what Swift checks at run time has found it first.
    if done.returncode < 0:
        return 1, [f"a trap, signal {-done.returncode}"]
    return done.returncode, done.stderr.strip().splitlines()


def check_clean(program: Path, options: str) -> str:
    """What is found although nothing is switched on."""
    status, said = run(program, options, 0)
    return "" if status == 0 else f"status {status}, {said[-1:]}"


def check_found(program: Path, defect: Defect) -> str:
    status, said = run(program, defect.options, DEFECTS.index(defect) + 1)
    if status == 1 and said and re.search(defect.rule, said[-1]):
        return ""
    return f"{defect.options}: status {status}, {said[-1:] or 'nothing found'}"


def show_again(program: Path, count: Count) -> None:
    """What a run says of a violation: the records before it, where it was, and the command that has it again. That one
    says the same."""
    number, defect = 1, DEFECTS[0]
    status, said = run(program, defect.options, number)
    place = re.findall(rf" at (\S+) in world 0, client (\d+): {defect.rule}", "\n".join(said))
    again = re.findall("again: mles-sim simulate (.*)", "\n".join(said))
    records = [line for line in said if re.search(r"\d  (node|subscriber)-\d+  \S", line)]
    if status != 1 or len(place) != 1 or len(again) != 1 or len(records) < 10:
        return count.add("a violation is told", f"status {status}, {said[-20:]}")
    time, client = place[0]
    count.add("a violation is told, behind the records up to it",
              "" if re.search(rf"{time}  \w+-{client}  ", records[-1]) else f"{place[0]} behind {records[-1]}")
    second = run(program, again[0], number)
    count.add("and the command that is named has it again, in the same words",
              "" if second == (status, said) else f"{again[0]}: {second[1][-5:]}, expected {said[-5:]}")


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    copy, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    if unknown := set(names) - {defect.name for defect in DEFECTS}:
        sys.exit(f"no defect {', '.join(sorted(unknown))}")
    count = Count()
    copy_tree(copy)
    apply(copy, count)
    program, problem = build(copy)
    count.add("the copy builds", problem)
    if not problem:
        wanted = [defect for defect in DEFECTS if not names or defect.name in names]
        clean = sorted({defect.options for defect in wanted})
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for options, problem in zip(clean, pool.map(lambda options: check_clean(program, options), clean)):
                count.add(f"no defect, {options}", problem)
            for defect, problem in zip(wanted, pool.map(lambda defect: check_found(program, defect), wanted)):
                count.add(defect.name, problem)
        if DEFECTS[0] in wanted:
            show_again(program, count)
    print(f"{count.passed} passed, {count.failed} failed")
    sys.exit(count.failed > 0)


if __name__ == "__main__":
    main()
