"""House rules that a line of text can show. Prints one line a rule; the last line is `N passed, N failed`.

usage: style.py [--self-test]
With --self-test, each rule is tried on text that breaks it and on text that does not.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
LINES_MAX = 300

# What each module under Sources/ may import (the arrows of the architecture).
IMPORTS = {
    "Bytes": set(),
    "HAL": {"Bytes"},
    "WebSocket": {"Bytes"},
    "Mles": {"Bytes", "WebSocket"},
    "TLS": {"Bytes", "HAL", "CTLS"},
    "Device": {"Bytes", "HAL", "TLS", "Mles", "WebSocket"},
}

SOURCES = r"^Sources/.*\.swift$"
SIMULATOR = r"^Simulator/.*\.swift$"
CODE = r"^(Sources|Simulator|Tests|Board|\.ci)/.*(\.(swift|c|h|py|sh|S|md)|/run|/build|/venv)$"
TESTS = r"^Tests/.*(\.(swift|py|sh)|/run|/build|/venv)$"

# name, files, pattern, lines that break the rule, lines that keep it. In Swift files the pattern sees code without
# comments and with empty string literals.
RULES = [
    ("no untyped throws", SOURCES, r"\bthrows\b(?!\s*\()",
     ["func f() throws -> Int {"], ["func f() throws(SocketError) -> Int {", "// it throws nothing"]),
    ("no classes or actors", SOURCES, r"^\s*(?:@\w+\s+|public\s+|final\s+|open\s+|private\s+)*(?:class|actor)\s+\w",
     ["public final class Session {", "actor Node {"], ["struct Class {", "let className = 1"]),
    ("no existentials", SOURCES, r"\bany\s+[A-Z]",
     ["var clock: any Clock"], ["some Clock", "/// any Clock will do"]),
    ("no force unwrap", SOURCES, r"[\w\)\]\}]!(?!=)",
     ["let a = b!", "f()!.x", "x as! Int", "try! f()"], ["a != b", "if !flag {", 'log("no!")', "a! = b // x"[3:]]),
    ("no deliberate trap", SOURCES, r"\b(fatalError|preconditionFailure|assertionFailure|unsafelyUnwrapped)\b",
     ['fatalError("no")'], ["let fatal = 1"]),
    ("no heap types", SOURCES,
     r"\b(String|Array|ContiguousArray|Dictionary|Set|Character|Substring|AnyObject)\b|[:>]\s*\[[A-Z]\w*\]|"
     r"\[[A-Z]\w*\]\(",
     ["let a: [UInt8] = x", "func f() -> [Int] {", "[UInt8](repeating: 0, count: 1)", "var s: String"],
     ["let s: StaticString = x", "InlineArray<4, UInt8>", "a[Index.first]"]),
    ("spans of a structure's memory are of the structure itself", SOURCES,
     r"^(?!.*@_addressableSelf).*@_lifetime\(borrow self\)",
     ["    @_lifetime(borrow self)"], ["    @_addressableSelf @_lifetime(borrow self)", "@_lifetime(&self)"]),
    ("no clock is read", SOURCES, r"\b(ContinuousClock|SuspendingClock|clock_gettime|gettimeofday)\b",
     ["ContinuousClock().now"], ["clock.monotonicMilliseconds()"]),
    ("no Foundation in the simulator", SIMULATOR, r"\bimport\s+(Foundation\w*|Dispatch)\b",
     ["import Foundation", "import FoundationEssentials"], ["import Glibc", "import Synchronization"]),
    ("a secret is no array and no string, which leave copies behind", SIMULATOR,
     r"\b\w*(?:[kK]ey|[sS]ecret|[pP]assword)\??:\s*(?:\[UInt8\]|String)",
     ["let privateKey: [UInt8]", "func f(key: [UInt8]?) {", "var password: String"],
     ["let key: Secret", "let keyFile: String?", "func f(_ key: Span<UInt8>?) {"]),
    ("no text shows a secret", r"^(Sources|Simulator|Board)/.*\.swift$",
     r"\\\([^()]*\b(?:\w*Key|key|secret|password)\b(?!\.count)",
     ['note("key \\(key)")', '"\\(arguments.password)"', '"\\(configuration.serverKey)"'],
     ['"\\(keyFile): \\(error)"', '"expected 1 byte, got \\(key.count)"']),
    ("no paths of one machine", CODE + r"|\.md$|^Package\.swift$|^Board/",
     r"(?<![\w.])/" + r"(?:work|root|home|Users|tmp|opt/swift)/",
     ["cd /" + "work/main", '"/' + 'home/me/x"', "/" + "tmp/x"],
     ["Tests/work/x", "https://a.example/" + "home/", "mktemp"]),
    ("no sleeps in tests", TESTS, r"(?<!no )\b(?:u|nano|asyncio\.|time\.|Task\.)?sleep\b\s*(?:\(|\.?\d|\$)",
     ["time.sl" + "eep(1)", "sl" + "eep 5", "try await Task.sl" + "eep(for: x)"],
     ["no sleeps here", "the node sleeps", "sleepCommand(0xB098)"]),
]

# Rules that look into comments and strings too.
RAW = {"no paths of one machine", "no text shows a secret"}


def without_comments(text: str) -> str:
    """Swift text with comments blanked and string literals emptied; lines keep their numbers."""
    pattern = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')

    def blank(match: "re.Match[str]") -> str:
        start = '""' if match.group().startswith('"') else ""
        return start + "\n" * match.group().count("\n")

    return pattern.sub(blank, text)


def breaches(name: str, pattern: str, path: str, text: str) -> "list[str]":
    seen = without_comments(text) if path.endswith(".swift") and name not in RAW else text
    lines = text.splitlines()
    return [
        f"{path}:{number}: {lines[number - 1].strip()[:100]}"
        for number, line in enumerate(seen.splitlines(), 1)
        if re.search(pattern, line)
    ]


def import_breaches(path: str, text: str) -> "list[str]":
    module = path.split("/")[1]
    allowed = IMPORTS.get(module, set())
    found = []
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        match = re.match(r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public\s+|internal\s+|package\s+)?import\s+(?:\w+\s+)?([\w.]+)",
                         line)
        if match and match.group(1).split(".")[0] not in allowed:
            found.append(f"{path}:{number}: {module} must not import {match.group(1)}")
    return found


def long_file(path: str, text: str) -> "list[str]":
    count = len(text.splitlines())
    return [f"{path}: {count} lines, at most {LINES_MAX}"] if count > LINES_MAX else []


def project_files() -> "list[str]":
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.splitlines() if (PROJECT / name).is_file()]


class Count:
    def __init__(self) -> None:
        self.passed = self.failed = 0

    def add(self, name: str, problems: "list[str]") -> None:
        if problems:
            self.failed += 1
            print(f"FAIL {name}")
            print("\n".join(f"  {problem}" for problem in problems))
        else:
            self.passed += 1
            print(f"ok {name}")

    def finish(self) -> None:
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0)


def check_project() -> None:
    count = Count()
    texts = {}
    for path in project_files():
        try:
            texts[path] = (PROJECT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    for name, files, pattern, _, _ in RULES:
        chosen = [path for path in texts if re.search(files, path)]
        problems = [line for path in chosen for line in breaches(name, pattern, path, texts[path])]
        count.add(f"{name} ({len(chosen)} files)", problems if chosen else ["no file was looked at"])
    sources = [path for path in texts if re.search(SOURCES, path)]
    count.add("modules import only what the architecture allows",
              [line for path in sources for line in import_breaches(path, texts[path])])
    count.add(f"files have at most {LINES_MAX} lines",
              [line for path in texts if re.search(CODE, path) for line in long_file(path, texts[path])])
    count.finish()


def self_test() -> None:
    count = Count()
    for name, _, pattern, bad, good in RULES:
        problems = [f"not found: {line}" for line in bad if not breaches(name, pattern, "Sources/X/a.swift", line)]
        problems += [f"found: {line}" for line in good if breaches(name, pattern, "Sources/X/a.swift", line)]
        count.add(name, problems)
    for line in ("import Glibc", "public import Foundation", "@_exported import struct Device.X"):
        count.add(f"refuses {line} in HAL", [] if import_breaches("Sources/HAL/a.swift", line) else [line])
    count.add("allows public import Bytes in HAL", import_breaches("Sources/HAL/a.swift", "public import Bytes"))
    count.add("finds a long file", [] if long_file("a", "x\n" * (LINES_MAX + 1)) else ["not found"])
    count.add("allows a file at the limit", long_file("a", "x\n" * LINES_MAX))
    count.finish()


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        check_project()
