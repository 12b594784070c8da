"""Counts a JUnit XML file: prints the names of what failed, then `PASSED FAILED` as the last line.

usage: junit.py FILE EXIT_STATUS STAGE
A skipped test counts as failed, unless skips.txt names it with its reason: nothing is left out silently.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def allowed_skips(stage: str) -> dict[str, str]:
    lines = pathlib.Path(__file__).with_name("skips.txt").read_text().splitlines()
    rows = [line.split(" ", 2) for line in lines if line and not line.startswith("#")]
    return {name: reason for row_stage, name, reason in rows if row_stage == stage}


def main() -> None:
    path, status, stage = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    skips = allowed_skips(stage)
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        sys.exit(f"the test runner left no result ({error}); it ended with status {status}")
    failed = skipped = 0
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        if name in skips and case.find("skipped") is not None:
            skipped += 1
            print(f"skipped, {skips[name]}: {name}")
            continue
        wrong = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        if wrong:
            failed += 1
            print(f"{wrong[0]}: {name}")
    passed = len(cases) - failed - skipped
    if status != 0 and failed == 0:
        print(f"the test runner ended with status {status} although no test failed")
        failed = 1
    print(passed, failed)


main()
