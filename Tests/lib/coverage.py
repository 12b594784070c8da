"""Line coverage of Sources/, from what `swift test --enable-code-coverage` leaves. The last line is `N passed, N failed`.

usage: coverage.py FILE | --self-test
FILE is llvm-cov's export in JSON (`swift test --show-codecov-path`). Prints a table by module, and by file where lines
were not reached; fails when the total is below the limit, or nothing is known about a module.
With --self-test the check is tried on figures that keep the limit and on some that do not.
"""

import json
import sys
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent.parent
MINIMUM_PERCENT = 95.0


class Lines(NamedTuple):
    """Of a file: those with code, and those of them that ran."""
    path: str
    count: int
    reached: int


def percent(files: Iterable[Lines]) -> float:
    files = list(files)
    return 100 * sum(file.reached for file in files) / max(1, sum(file.count for file in files))


def measured(export: dict) -> "List[Lines]":
    """The files below Sources/."""
    found = []
    for file in export["data"][0]["files"]:
        path = Path(file["filename"])
        if path.is_relative_to(PROJECT / "Sources"):
            lines = file["summary"]["lines"]
            found.append(Lines(str(path.relative_to(PROJECT / "Sources")), lines["count"], lines["covered"]))
    return found


def problems(files: "List[Lines]", modules: Iterable[str]) -> "List[str]":
    """Why the figures are not good enough."""
    known = {file.path.split("/")[0] for file in files}
    found = [f"nothing was measured of Sources/{module}" for module in sorted(set(modules) - known)]
    total = percent(files)
    if total < MINIMUM_PERCENT:
        found.append(f"{total:.2f} % of the lines were reached, expected at least {MINIMUM_PERCENT} %")
    return found


def print_table(files: "List[Lines]") -> None:
    modules: Dict[str, List[Lines]] = {}
    for file in files:
        modules.setdefault(file.path.split("/")[0], []).append(file)
    for name, own in [*sorted(modules.items()), ("total", files)]:
        print(f"info  {name:10} {sum(file.count for file in own):6} lines {percent(own):6.2f} %")
    for file in sorted(files, key=lambda file: file.reached - file.count):
        if file.reached < file.count:
            print(f"      {file.path:50} {file.count:5} lines, {file.count - file.reached:3} not reached")


def finish(passed: int, failed: int) -> None:
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def check(path: str) -> None:
    files = measured(json.loads(Path(path).read_text()))
    print_table(files)
    found = problems(files, (folder.name for folder in (PROJECT / "Sources").iterdir() if folder.is_dir()))
    for problem in found:
        print(f"FAIL {problem}")
    if not found:
        print(f"ok line coverage of Sources/ is at least {MINIMUM_PERCENT} %")
    finish(int(not found), len(found))


def self_test() -> None:
    def export(reached: int) -> dict:
        def entry(path: str, covered: int) -> dict:
            return {"filename": str(PROJECT / path), "summary": {"lines": {"count": 100, "covered": covered}}}
        return {"data": [{"files": [entry("Sources/A/a.swift", reached), entry("Sources/B/b.c", 100),
                                    entry("Tests/Unit/x.swift", 0)]}]}

    tries = {"takes 95 %": not problems(measured(export(90)), ["A", "B"]),
             "refuses less": bool(problems(measured(export(89)), ["A", "B"])),
             "notices a module that is missing": bool(problems(measured(export(100)), ["A", "B", "C"])),
             "counts no tests": percent(measured(export(100))) == 100}
    for name, is_right in tries.items():
        print(f"{'ok' if is_right else 'FAIL'} {name}")
    finish(sum(tries.values()), len(tries) - sum(tries.values()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    elif sys.argv[1] == "--self-test":
        self_test()
    else:
        check(sys.argv[1])
