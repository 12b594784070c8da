# Sourced by Tests/Fuzz/run: one target, from its line in targets.txt to its result.

# target_names: one a line.
target_names() { sed -n 's/^\([A-Za-z0-9]\{1,\}\) .*/\1/p' Tests/Fuzz/targets.txt; }

# target_line NAME: the longest input and the further files of a target.
target_line() { sed -n "s/^$1  *//p" Tests/Fuzz/targets.txt; }

# make_target NAME: builds a target.
make_target() {
  local longest files
  read -r longest files < <(target_line "$1")
  # shellcheck disable=SC2086
  build_target "$1" $files >"$BUILT/$1.build.log" 2>&1 && return
  echo "FAIL $1 does not build"
  sed 's/^/     | /' "$BUILT/$1.build.log" | tail -n 40
  echo failed >"$BUILT/$1.result"
}

# input_files NAME: seeds and findings.
input_files() { find "Tests/Fuzz/seeds/$1" "Tests/Fuzz/findings/$1" -type f ! -name '*.md' 2>/dev/null | sort; }

# run_target NAME: replays and fuzzes a target that was built.
run_target() {
  local name=$1 longest rest inputs options
  [[ ! -e $BUILT/$name.result ]] || return
  read -r longest rest < <(target_line "$name")
  mapfile -t inputs < <(input_files "$name")
  mkdir -p "$BUILT/corpus/$name" "$BUILT/failed/$name"
  options=(-timeout=10 -rss_limit_mb=2048 -artifact_prefix="$BUILT/failed/$name/")
  if ((${#inputs[@]} == 0)); then
    echo "FAIL $name has no seeds"
    echo failed >"$BUILT/$name.result"
  elif replay "$name" && fuzz "$name"; then
    echo passed >"$BUILT/$name.result"
  else
    echo failed >"$BUILT/$name.result"
  fi
}

# replay NAME: each input by itself, so that the one that fails is known.
replay() {
  local log=$BUILT/$1.replay.log
  "$BUILT/$1" "${options[@]}" "${inputs[@]}" >"$log" 2>&1 </dev/null && return
  report "$1" "$log" "$(sed -n 's/^Running: //p' "$log" | tail -n 1)"
  return 1
}

fuzz() {
  local name=$1 log=$BUILT/$1.log dictionary=Tests/Fuzz/seeds/$1.dict status=0 started=$SECONDS folder folders=()
  ((seconds > 0)) || { echo "ok   $name: ${#inputs[@]} inputs replayed" && return; }
  [[ ! -e $dictionary ]] || options+=("-dict=$dictionary")
  for folder in Tests/Fuzz/{seeds,findings}/"$name"; do [[ ! -d $folder ]] || folders+=("$folder"); done
  # --foreground: Ctrl-C reaches it.
  local TIMEFORMAT='%U %S' user system
  {
    time ASAN_OPTIONS=malloc_context_size=0 timeout --foreground -k 10 $((seconds + 300)) "$BUILT/$name" "${options[@]}" \
      -max_len="$longest" -max_total_time="$seconds" -print_final_stats=1 "$BUILT/corpus/$name" "${folders[@]}" \
      >"$log" 2>&1 </dev/null || status=$?
  } 2>"$BUILT/$name.time"
  read -r user system <"$BUILT/$name.time"
  # 72 is libFuzzer's for an interrupt.
  if ((status == 0 || status == 72)); then
    if (($(executions "$log") > 0)); then
      echo "ok   $name: $(summary "$log"), $((SECONDS - started)) s, $((${user%.*} + ${system%.*})) s of CPU"
      return
    fi
    echo "it has executed nothing" >>"$log"
  fi
  report "$name" "$log" "$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
  return 1
}

# executions LOG: how often the target was called, 0 when the log does not say.
executions() { sed -n 's/^stat::number_of_executed_units: *//p' "$1" | tail -n 1 | grep . || echo 0; }

# summary LOG: executions, edges and inputs in the corpus at the end.
summary() {
  local status
  status=$(grep -aoE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$1" | tail -n 1)
  read -r _ edges _ _ _ corpus <<<"$status"
  echo "$(executions "$1") executions, ${edges:-?} edges, corpus of ${corpus:-?}"
}

# report NAME LOG FILE: what failed, with which input, and how to have it again.
report() {
  echo "FAIL $1: $(grep -a -m 1 -oE 'VIOLATED: .*|(SUMMARY|ERROR): .*|Fatal error: .*' "$2" || tail -n 1 "$2")"
  # Without the frames of libFuzzer and what it says besides.
  grep -avE '^(#[0-9]|INFO|Running:|Executed |stat::|Base64|0x|MS: |NOTE: | +Combine)|NEW_FUNC|fuzzer::|libc_start|_start' "$2" |
    grep -v '^$' | tail -n 30 | cut -c1-300 | sed 's/^/     | /'
  if [[ -e $3 ]]; then
    echo "     input: $(wc -c <"$3") bytes, $(head -c 600 "$3" | od -An -v -tx1 | tr -d ' \n')"
    echo "     file: $3"
    echo "     again: SWIFT_BACKTRACE=enable=no $BUILT/$1 $3"
  fi
  echo "     log: $2"
}
