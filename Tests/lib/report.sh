# Sourced by Tests/run: headings, result lines and the count of all stages.

TOTAL_PASSED=0
TOTAL_FAILED=0
STAGE_PASSED=0
STAGE_FAILED=0
STAGE_STARTED=0

# heading TEXT: starts a stage.
heading() {
  STAGE_PASSED=0
  STAGE_FAILED=0
  STAGE_STARTED=$SECONDS
  printf '\n== %s\n' "$1"
}

# count PASSED FAILED TEXT: adds results to the stage, with a line that says what they are.
count() {
  local passed=$1 failed=$2 text=$3
  STAGE_PASSED=$((STAGE_PASSED + passed))
  STAGE_FAILED=$((STAGE_FAILED + failed))
  if ((failed > 0)); then
    printf 'FAIL  %s (%d passed, %d failed)\n' "$text" "$passed" "$failed"
  else
    printf 'ok    %s (%d)\n' "$text" "$passed"
  fi
}

# show_log FILE [LINES]: the end of a log, indented, for a stage that failed.
show_log() {
  [[ -s $1 ]] || { echo "      (no output in $1)"; return 0; }
  tail -n "${2:-40}" "$1" | sed 's/^/      | /'
  echo "      all of it: $1"
}

# show_failures FILE: the lines of a log that name a failure, wherever they are in it.
show_failures() {
  grep -hE '^✘|^FAILED|^ERROR|(error|warning):|Fatal error|crashed|^E  ' "$1" | grep -v '^✘ Test run with' |
    cut -c1-300 | head -n 30 | sed 's/^/      > /'
}

# finish_stage NAME: closes a stage; one that ran nothing has failed.
finish_stage() {
  if ((STAGE_PASSED + STAGE_FAILED == 0)); then
    STAGE_FAILED=1
    echo "FAIL  stage $1 ran no test"
  fi
  TOTAL_PASSED=$((TOTAL_PASSED + STAGE_PASSED))
  TOTAL_FAILED=$((TOTAL_FAILED + STAGE_FAILED))
  printf -- '-- %s: %d passed, %d failed, %d s\n' \
    "$1" "$STAGE_PASSED" "$STAGE_FAILED" "$((SECONDS - STAGE_STARTED))"
}

# check LOG SECONDS_MAX TEXT COMMAND...: one test that is a command; its output goes to LOG.
check() {
  local log=$1 limit=$2 text=$3 status=0
  shift 3
  timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    count 1 0 "$text"
    return 0
  fi
  ((status == 124 || status == 137)) && echo "stopped after $limit s" >>"$log"
  count 0 1 "$text"
  show_log "$log"
  return 1
}

# check_script LOG SECONDS_MAX TEXT COMMAND...: a command that runs several tests and ends with a line
# `N passed, N failed`. Without such a line, or with a status that does not fit it, one more has failed.
check_script() {
  local log=$1 limit=$2 text=$3 status=0
  shift 3
  timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
  ((status == 124 || status == 137)) && echo "stopped after $limit s" >>"$log"
  local passed=0 failed=0
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=${BASH_REMATCH[1]}
    failed=${BASH_REMATCH[2]}
    ((failed == 0 && status != 0)) && failed=1
  else
    passed=$(grep -c '^ok ' "$log" || true)
    failed=1
  fi
  count "$passed" "$failed" "$text"
  if ((failed > 0)); then show_log "$log"; fi
}

# check_junit STAGE LOG XML STATUS TEXT: counts a JUnit XML file that a test runner has left; one that is missing, or a
# bad exit status without a failure in it, is a failure.
check_junit() {
  local stage=$1 log=$2 xml=$3 status=$4 text=$5 line
  ((status == 124 || status == 137)) && echo "stopped at the time limit" >>"$log"
  line=$(python3 "$PROJECT/Tests/lib/junit.py" "$xml" "$status" "$stage" 2>&1) || {
    printf '%s\n' "$line" >>"$log"
    count "$(grep '^✔ Test ' "$log" | grep -vc '^✔ Test run with')" 1 "$text"
    show_failures "$log"
    show_log "$log" 12
    return 0
  }
  local passed failed
  read -r passed failed <<<"${line##*$'\n'}"
  count "$passed" "$failed" "$text"
  head -n -1 <<<"$line" | sed 's/^/      /'
  if ((failed > 0)); then
    show_failures "$log"
    show_log "$log" 60
  fi
}
