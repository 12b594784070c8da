"""Counts a JUnit XML file: prints the names of what failed, then `PASSED FAILED` as the last line.

usage: junit.py FILE EXIT_STATUS
A skipped test counts as failed: nothing is left out silently.
"""

import sys
import xml.etree.ElementTree as ElementTree


def main() -> None:
    path, status = sys.argv[1], int(sys.argv[2])
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        sys.exit(f"the test runner left no result ({error}); it ended with status {status}")
    failed = 0
    for case in cases:
        wrong = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        if wrong:
            failed += 1
            print(f"{wrong[0]}: {case.get('classname')}.{case.get('name')}")
    passed = len(cases) - failed
    if status != 0 and failed == 0:
        print(f"the test runner ended with status {status} although no test failed")
        failed = 1
    print(passed, failed)


main()
