#!/bin/bash
# The counting of Tests/run, tried on runners that fail in every way. The last line is `N passed, N failed`.
set -uo pipefail
PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$PROJECT/Tests/lib/report.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
good=0
bad=0

# expect TEXT PASSED FAILED COMMAND...: whether a stage that runs the command counts this much.
expect() {
  local text=$1 passed=$2 failed=$3
  shift 3
  heading "$text" >/dev/null
  "$@" >"$folder/output" 2>&1
  finish_stage x >>"$folder/output"
  if [[ $STAGE_PASSED == "$passed" && $STAGE_FAILED == "$failed" ]]; then
    good=$((good + 1))
    echo "ok $text"
  else
    bad=$((bad + 1))
    echo "FAIL $text: $STAGE_PASSED passed, $STAGE_FAILED failed; expected $passed, $failed"
  fi
}

# script STATUS LINE...: a runner that prints these lines and ends with this status.
script() {
  local status=$1
  shift
  check_script "$folder/log" 5 script bash -c 'printf "%s\n" "${@:2}"; exit "$1"' runner "$status" "$@"
}

# junit STATUS XML: a runner that left this result file.
junit() {
  printf '%s' "$2" >"$folder/result.xml"
  : >"$folder/log"
  check_junit "${3:-selftest}" "$folder/log" "$folder/result.xml" "$1" junit
}

crashed() {
  printf '✔ Test a() passed\n✔ Test b() passed\nFatal error: no\n' >"$folder/log"
  check_junit selftest "$folder/log" "$folder/no-such-file.xml" 1 junit
}

ONE='<testsuite><testcase classname="A" name="a"/>'
expect "a command that succeeds is one test" 1 0 check "$folder/log" 5 x true
expect "a command that fails has failed" 0 1 check "$folder/log" 5 x false
expect "a command that is not there has failed" 0 1 check "$folder/log" 5 x "$folder/no-such-command"
expect "a command that goes on for too long has failed" 0 1 check "$folder/log" 0.2 x tail -f /dev/null
expect "a script's last line is counted" 3 0 script 0 "3 passed, 0 failed"
expect "a script's failures are counted" 3 2 script 1 "3 passed, 2 failed"
expect "a script that ends badly without a failure has failed" 3 1 script 1 "3 passed, 0 failed"
expect "a script without a last line has failed" 2 1 script 0 "ok a" "ok b"
expect "a script that ran nothing is a failed stage" 0 1 script 0 "0 passed, 0 failed"
expect "a result file is counted" 1 0 junit 0 "$ONE</testsuite>"
expect "a failure in a result file is counted" 1 1 junit 1 "$ONE<testcase name=\"b\"><failure/></testcase></testsuite>"
expect "an error in a result file is counted" 1 1 junit 1 "$ONE<testcase name=\"b\"><error/></testcase></testsuite>"
expect "a skipped test has failed" 1 1 junit 0 "$ONE<testcase name=\"b\"><skipped/></testcase></testsuite>"
ALLOWED='<testcase classname="TLSTests.HandshakeTests" name="newerClient()"><skipped/></testcase>'
expect "a skipped test of the list is not counted" 1 0 junit 0 "$ONE$ALLOWED</testsuite>" unit
expect "of another stage, it has failed" 1 1 junit 0 "$ONE$ALLOWED</testsuite>"
expect "a bad status without a failure has failed" 1 1 junit 1 "$ONE</testsuite>"
expect "a cut result file has failed" 0 1 junit 0 "$ONE"
expect "a result file without a test is a failed stage" 0 1 junit 0 "<testsuite/>"
expect "a crash has failed, and what passed before is counted" 2 1 crashed
expect "a stage that does nothing has failed" 0 1 true
echo "$good passed, $bad failed"
((bad == 0))
