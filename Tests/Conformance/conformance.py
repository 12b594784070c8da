"""Autobahn's fuzzing server against `mles-sim probe --echo`: one line for each case, then `N passed, N failed`.

usage: conformance.py PYTHON27 MLES_SIM FOLDER | --self-test
PYTHON27 is what Tests/Conformance/venv made; the server's reports, with what was on the wire, are left in FOLDER.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

HERE = Path(__file__).resolve().parent
AGENT = "mles-sim"
CASE_SECONDS_MAX = 100
# Messages have up to 16 MiB.
MESSAGE_BYTES_MAX = 64 << 20


class Section(NamedTuple):
    name: str
    cases: int
    is_declined: bool = False


# All of autobahntestsuite 25.10.1: a case that did not run is a failure. Sections 12 and 13 are the compression that
# this client never offers (its README says so): there the connection must open without it and close in order.
SECTIONS: Dict[str, Section] = {
    "1": Section("framing", 16),
    "2": Section("pings and pongs", 11),
    "3": Section("reserved bits", 7),
    "4": Section("opcodes", 10),
    "5": Section("fragmentation", 20),
    "6": Section("UTF-8", 145),
    "7": Section("closing handshake", 37),
    "9": Section("limits and performance", 54),
    "10": Section("automatic fragmentation", 1),
    "12": Section("compression, declined", 90, is_declined=True),
    "13": Section("compression parameters, declined", 126, is_declined=True),
}
# The suite has no opinion on these: data after a Close, and the close codes 5000 and 65535.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}


class Outcome(NamedTuple):
    """How a probe ended."""
    status: Optional[int]
    report: dict
    seconds: float

    def problem(self) -> Optional[str]:
        if self.status is None:
            return f"still running after {CASE_SECONDS_MAX} s"
        if self.status not in (0, 1) or not self.report:
            return f"exit status {self.status}"
        return None if self.report["opened"] else f"not opened: {self.report['error']}"


class FuzzingServer:
    """The server as a program of its own; it ends with the `with` block."""

    def __init__(self, python: str, folder: Path) -> None:
        with open(folder / "server.log", "w") as log:
            self.process = subprocess.Popen([python, str(HERE / "fuzzing_server.py"), str(folder)], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        first = self.process.stdout.readline()
        match = re.match(r"listening on (\d+)$", first)
        if not match:
            self.process.kill()
            sys.exit(f"the fuzzing server did not start:\n{(folder / 'server.log').read_text()}")
        self.url = f"ws://127.0.0.1:{match.group(1)}"

    def __enter__(self) -> "FuzzingServer":
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Client:
    """Runs the probe for one address of the server after the other."""

    def __init__(self, program: str, url: str) -> None:
        self.program = program
        self.url = url

    def probe(self, path: str, *options: str) -> Outcome:
        arguments = [self.program, "probe", self.url + path, "--subprotocol", "none", "--json", *options]
        start = time.monotonic()
        try:
            done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL, timeout=CASE_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return Outcome(None, {}, CASE_SECONDS_MAX)
        return Outcome(done.returncode, json.loads(done.stdout or "{}"), time.monotonic() - start)

    def ask(self, path: str) -> object:
        """The server's answer, which is one JSON value."""
        outcome = self.probe(path)
        if outcome.problem() or len(outcome.report["messages"]) != 1:
            sys.exit(f"{path}: {outcome.problem() or outcome.report}")
        return json.loads(bytes.fromhex(outcome.report["messages"][0]))

    def run_case(self, number: int) -> Outcome:
        return self.probe(f"/runCase?case={number}&agent={AGENT}", "--echo", "--timeout", "60s", "--max-message",
                          str(MESSAGE_BYTES_MAX))


class Tally:
    """Lines and counts; what failed is said again at the end, where it is seen."""

    def __init__(self) -> None:
        self.passed = 0
        self.failures: List[str] = []

    def add(self, name: str, problem: Optional[str], note: str = "") -> None:
        if problem:
            self.failures.append(f"FAIL {name}: {problem}")
        else:
            self.passed += 1
            print(f"ok {name} {note}".rstrip())

    def finish(self) -> None:
        for failure in self.failures:
            print(failure)
        print(f"{self.passed} passed, {len(self.failures)} failed")
        sys.exit(bool(self.failures))


def section_of(case: str) -> str:
    return case.split(".")[0]


def verdict_problem(case: str, verdict: dict) -> Optional[str]:
    """What is wrong with the server's verdict on a case, None when nothing is."""
    behavior, closing = verdict["behavior"], verdict["behaviorClose"]
    if SECTIONS[section_of(case)].is_declined:
        accepted = {"UNIMPLEMENTED"}
    else:
        accepted = {"INFORMATIONAL"} if case in INFORMATIONAL else {"OK"}
    if behavior not in accepted:
        return f"behavior {behavior}"
    if closing not in ({"OK", "INFORMATIONAL"} if case in INFORMATIONAL else {"OK"}):
        return f"close {closing}: {verdict['remoteCloseCode']}"
    return None


def declined_problem(outcome: Outcome) -> Optional[str]:
    """A compression case is declined when the connection opened without it, and both sides closed it with 1000."""
    report = outcome.report
    if outcome.status != 0 or report["error"] or report["messages"]:
        return f"exit status {outcome.status}, {report}"
    codes = (report["close_rcvd"], report["close_sent"])
    return None if codes == (1000, 1000) else f"closed with {codes}"


def read_skips() -> Dict[str, str]:
    lines = (HERE / "skips.txt").read_text().splitlines()
    rows = [line.partition(" ") for line in lines if line.strip() and not line.startswith("#")]
    return {case: reason.strip() for case, _, reason in rows}


def run_cases(client: Client, skips: Dict[str, str], tally: Tally) -> Dict[str, Outcome]:
    outcomes: Dict[str, Outcome] = {}
    names = set()
    for number in range(1, int(client.ask("/getCaseCount")) + 1):
        case = client.ask(f"/getCaseInfo?case={number}")["id"]
        names.add(case)
        if case in skips:
            print(f"info  skipped {case}: {skips[case]}")
        else:
            outcomes[case] = client.run_case(number)
    for case, reason in skips.items():
        if case not in names or not reason:
            tally.add(f"skip of {case}", "no reason" if case in names else "no such case")
    for number, section in SECTIONS.items():
        count = sum(section_of(case) == number for case in names)
        if count != section.cases:
            tally.add(f"section {number}", f"the server has {count} cases, expected {section.cases}")
    for case in names:
        if section_of(case) not in SECTIONS:
            tally.add(case, "unknown section")
    return outcomes


def judge(outcomes: Dict[str, Outcome], verdicts: Dict[str, dict], tally: Tally) -> None:
    for case, outcome in outcomes.items():
        if section_of(case) not in SECTIONS:
            continue
        verdict = verdicts.get(case)
        problem = outcome.problem() or ("not in the server's report" if not verdict else verdict_problem(case, verdict))
        if not problem and SECTIONS[section_of(case)].is_declined:
            problem = declined_problem(outcome)
        note = f"{verdict['behavior']}, close {verdict['behaviorClose']}, {outcome.seconds:.3f} s" if verdict else ""
        tally.add(case, problem, note)


def print_table(outcomes: Dict[str, Outcome]) -> None:
    for number, section in SECTIONS.items():
        seconds = [outcome.seconds for case, outcome in outcomes.items() if section_of(case) == number]
        print(f"info  section {number}: {section.name}, {len(seconds)} cases, {sum(seconds):.1f} s")


def self_test() -> None:
    """The verdicts that must count as failures do, and the others do not."""
    tally = Tally()
    rows = [("1.1.1", "OK", "OK", True), ("1.1.1", "NON-STRICT", "OK", False), ("1.1.1", "FAILED", "OK", False),
            ("1.1.1", "INFORMATIONAL", "OK", False), ("1.1.1", "UNIMPLEMENTED", "OK", False),
            ("7.7.1", "OK", "WRONG CODE", False), ("7.7.1", "OK", "UNCLEAN", False), ("7.7.1", "OK", "FAILED", False),
            ("7.13.1", "INFORMATIONAL", "INFORMATIONAL", True), ("7.13.1", "FAILED", "OK", False),
            ("12.1.1", "UNIMPLEMENTED", "OK", True), ("12.1.1", "OK", "OK", False),
            ("13.1.1", "UNIMPLEMENTED", "WRONG CODE", False)]
    for case, behavior, closing, passes in rows:
        problem = verdict_problem(case, {"behavior": behavior, "behaviorClose": closing, "remoteCloseCode": None})
        tally.add(f"{case} {behavior}, close {closing}", None if (problem is None) == passes else f"judged {problem}")
    good = {"opened": True, "error": None, "messages": [], "close_rcvd": 1000, "close_sent": 1000}
    for status, change, passes in [(0, {}, True), (1, {}, False), (0, {"error": "text is not UTF-8"}, False),
                                   (0, {"messages": ["00"]}, False), (0, {"close_sent": 1002}, False)]:
        problem = declined_problem(Outcome(status, {**good, **change}, 0.1))
        tally.add(f"declined with {status} {change}", None if (problem is None) == passes else f"judged {problem}")
    for status, report, passes in [(0, good, True), (1, good, True), (-11, good, False), (None, {}, False),
                                   (1, {**good, "opened": False}, False)]:
        problem = Outcome(status, report, 0.1).problem()
        tally.add(f"ended with {status}", None if (problem is None) == passes else f"judged {problem}")
    tally.finish()


def main() -> None:
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    python, program, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tally = Tally()
    with FuzzingServer(python, folder) as server:
        client = Client(program, server.url)
        outcomes = run_cases(client, read_skips(), tally)
        client.probe(f"/updateReports?agent={AGENT}", "--timeout", "60s")
    index = folder / "index.json"
    verdicts = json.loads(index.read_text()).get(AGENT, {}) if index.exists() else {}
    judge(outcomes, verdicts, tally)
    print_table(outcomes)
    tally.finish()


if __name__ == "__main__":
    main()
