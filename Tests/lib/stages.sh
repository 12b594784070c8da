# Sourced by Tests/run: one function for each stage. Each reports through report.sh and never ends the run.

STRICT=(-Xswiftc -warnings-as-errors -Xcc -Werror)
# The unit tests' only build, so that coverage costs no other one. SwiftPM's option is for Swift alone.
COVERAGE=(--enable-code-coverage -Xcc -fprofile-instr-generate -Xcc -fcoverage-mapping)

# All Swift that people wrote: linted with the committed configuration.
stage_format() {
  local log=$LOGS/format.log files
  files=$(find Package.swift Sources Simulator Tests Board -name '*.swift' | wc -l)
  check "$log" 300 "swift format lint --strict, $files files" \
    swift format lint --strict --parallel -r Package.swift Sources Simulator Tests Board || true
}

stage_style() {
  check_script "$LOGS/report-self.log" 60 "Tests/run counts what fails" bash Tests/lib/report-selftest.sh
  check_script "$LOGS/style-self.log" 60 "the style checks find what they are for" python3 Tests/lib/style.py --self-test
  check_script "$LOGS/style.log" 60 "style checks" python3 Tests/lib/style.py
}

stage_build() {
  check "$LOGS/build-debug.log" 1500 "debug build with tests, warnings are errors" \
    swift build --build-tests --scratch-path .build-tests "${STRICT[@]}" "${COVERAGE[@]}" || true
  check "$LOGS/build-release.log" 1500 "release build of mles-sim, warnings are errors" \
    swift build -c release --product mles-sim --scratch-path .build-tests "${STRICT[@]}" || true
}

# unit_tests NAME TEXT ARGUMENT...: `swift test` with these arguments, counted by its result file.
unit_tests() {
  local name=$1 text=$2 status=0
  shift 2
  local log=$LOGS/$name.log results=$LOGS/$name.xml
  rm -f "$LOGS/$name"*.xml
  timeout -k 10 1500 swift test --disable-xctest --xunit-output "$results" "$@" >"$log" 2>&1 </dev/null || status=$?
  [[ -e $results ]] || results=$LOGS/$name-swift-testing.xml
  check_junit "$name" "$log" "$results" "$status" "$text"
}

stage_unit() {
  local figures=.build-tests/debug/codecov/mles.json
  rm -f "$figures"
  unit_tests unit "unit tests, mbedTLS of libmbedtls-dev" --scratch-path .build-tests "${STRICT[@]}" "${COVERAGE[@]}"
  check_script "$LOGS/coverage-self.log" 60 "low coverage counts as a failure" python3 Tests/lib/coverage.py --self-test
  check_script "$LOGS/coverage.log" 60 "line coverage of Sources/ by the unit tests" \
    python3 Tests/lib/coverage.py "$figures"
  sed -n 's/^info  /      /p' "$LOGS/coverage.log"
}

# mbedtls36_library: builds mbedTLS 3.6, or finds it where MBEDTLS_ROOT says; sets LIBRARY36 and VERSION36.
mbedtls36_library() {
  local log=$LOGS/mbedtls36-library.log
  LIBRARY36=
  check "$log" 1200 "mbedTLS 3.6 from Debian's source package" \
    env MBEDTLS_ROOT="$GIVEN_MBEDTLS_ROOT" Tests/mbedtls/build .build-mbedtls36/library || return 1
  if [[ $(tail -n 1 "$log") =~ ^mbedTLS\ (3\.[0-9.]+)\ in\ (/.+)$ ]]; then
    VERSION36=${BASH_REMATCH[1]}
    LIBRARY36=${BASH_REMATCH[2]}
    return 0
  fi
  count 0 1 "mbedTLS 3.6: not the 3.6 series: $(tail -n 1 "$log")"
  return 1
}

# release_mbedtls36: a mles-sim linked with mbedTLS 3.6, for the peers.
release_mbedtls36() {
  check "$LOGS/build-mbedtls36.log" 1500 "release build of mles-sim, mbedTLS $VERSION36" \
    env MBEDTLS_ROOT="$LIBRARY36" swift build -c release --product mles-sim --scratch-path .build-mbedtls36
}

# The same tests against mbedTLS 3.6, which has TLS 1.3, with AddressSanitizer, which also looks for leaks, and the checks
# for undefined behaviour in the TLS shim.
stage_mbedtls36() {
  mbedtls36_library || return 0
  MBEDTLS_ROOT=$LIBRARY36 SWIFT_BACKTRACE=enable=no unit_tests unit-mbedtls36 \
    "unit tests, mbedTLS $VERSION36, sanitizers for addresses, leaks and undefined behaviour" \
    --scratch-path .build-mbedtls36 --sanitize=address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=all
  release_mbedtls36 || true
}

stage_embedded() {
  check_script "$LOGS/embedded.log" 900 "every module for riscv32, and a node without a heap" Tests/Embedded/run
  sed -n 's/^info  /      /p' "$LOGS/embedded.log"
}

# release_build LOG: the mles-sim that other programs talk to.
release_build() {
  check "$1" 1500 "release build of mles-sim" \
    swift build -c release --product mles-sim --scratch-path .build-tests "${STRICT[@]}"
}

# Autobahn's fuzzing server: all cases, the result of each is in the log.
stage_conformance() {
  check_script "$LOGS/conformance-self.log" 60 "bad verdicts count as failures" \
    python3 Tests/Conformance/conformance.py --self-test
  check "$LOGS/venv-autobahn.log" 600 "Autobahn's test suite in .venv-autobahn" \
    Tests/Conformance/venv .venv-autobahn || return 0
  release_build "$LOGS/conformance-build.log" || return 0
  check_script "$LOGS/conformance.log" 600 "Autobahn's cases, mles-sim probe --echo" python3 \
    Tests/Conformance/conformance.py .venv-autobahn/python .build-tests/release/mles-sim "$LOGS/autobahn"
  sed -n 's/^info  /      /p' "$LOGS/conformance.log"
}

# Whole channels on a virtual clock, and the deliberate defects that this finds.
stage_simulation() {
  release_build "$LOGS/simulation-build.log" || return 0
  check_script "$LOGS/simulation.log" 600 "simulated node-hours, all kinds of faults" \
    python3 Tests/Simulation/simulation.py .build-tests/release/mles-sim
  sed -n 's/^info  /      /p' "$LOGS/simulation.log"
  check_script "$LOGS/defects.log" 1200 "deliberate defects, each found" python3 Tests/Simulation/defects.py .build-defects
}

# python_tests NAME TEXT FOLDER PROGRAM ARGUMENT...: pytest in the virtual environment, with PROGRAM as mles-sim.
python_tests() {
  local name=$1 text=$2 folder=$3 program=$4 status=0
  shift 4
  local log=$LOGS/$name.log results=$LOGS/$name.xml
  rm -f "$results"
  if [[ ! -x $program ]]; then
    count 0 1 "$text: $program was not built"
    return 0
  fi
  MLES_SIM=$program timeout -k 10 1500 .venv/bin/python -m pytest "$folder" -n 6 -p no:cacheprovider \
    --junitxml="$results" "$@" >"$log" 2>&1 </dev/null || status=$?
  check_junit "$name" "$log" "$results" "$status" "$text"
}

stage_peers() {
  check "$LOGS/venv.log" 600 "virtual environment .venv" Tests/Peers/venv .venv || return 0
  release_build "$LOGS/peers-build.log" || return 0
  MLES_MBEDTLS=2.28 python_tests peers "peers, mles-sim with mbedTLS of libmbedtls-dev" Tests/Peers \
    .build-tests/release/mles-sim --dist worksteal
  mbedtls36_library && release_mbedtls36 || return 0
  MLES_MBEDTLS=3.6 python_tests peers-mbedtls36 "TLS peers, mles-sim with mbedTLS $VERSION36" Tests/Peers \
    .build-mbedtls36/release/mles-sim -m tls --dist worksteal
}

# The boards' C on this computer, the ESP32-C3 project, and the firmware on the emulated board.
stage_board() {
  local built=.build-virtrv32
  check_script "$LOGS/board-host.log" 300 "the boards' plain C on this computer" Tests/Board/Host/run
  check_script "$LOGS/board-esp32c3.log" 3600 "the ESP32-C3 project" Tests/Board/ESP32C3/run
  sed -n 's/^info  /      /p' "$LOGS/board-esp32c3.log"
  check "$LOGS/venv.log" 600 "virtual environment .venv" Tests/Peers/venv .venv || return 0
  release_build "$LOGS/board-sim.log" || return 0
  check "$LOGS/board-16k.log" 600 "the board's image, TLS records of 16K and 4K" \
    Board/VirtRV32/build --records 16K/4K --output "$built/virtrv32-16K-4K.elf" || return 0
  check "$LOGS/board-4k.log" 300 "the board's image, TLS records of 4K and 2K" \
    Board/VirtRV32/build --records 4K/2K --output "$built/virtrv32-4K-2K.elf" || return 0
  check "$LOGS/board-bench.log" 300 "the board's benchmark" Tests/Board/Bench/build "$built/bench.elf" || return 0
  check_script "$LOGS/image-self.log" 60 "the image checks find what they are for" \
    python3 Tests/Board/image_check.py --self-test
  check_script "$LOGS/image.log" 60 "what is in the images" \
    python3 Tests/Board/image_check.py "$built"/virtrv32-{16K-4K,4K-2K}.elf
  MLES_BOARD=$built/virtrv32-16K-4K.elf MLES_BOARD_SMALL=$built/virtrv32-4K-2K.elf MLES_BENCH=$built/bench.elf \
    python_tests board "the firmware on the emulated board" Tests/Board .build-tests/release/mles-sim --dist loadgroup
  sed -n 's/^info  /      /p' "$LOGS/board.log"
}

# start_fuzz_aside: begins to fuzz beside the stages that wait for most of their time; stage_fuzz has the result.
start_fuzz_aside() {
  rm -f "$LOGS"/fuzz-aside.*
  setsid bash -c 'nice -n 10 Tests/Fuzz/run --seconds 60 >"$0.log" 2>&1 </dev/null; echo $? >"$0.status"' \
    "$LOGS/fuzz-aside" &
  FUZZ_ASIDE=$!
  trap 'kill -- "-$FUZZ_ASIDE" 2>/dev/null' EXIT
}

# Everything that reads bytes from outside, with libFuzzer; `Tests/Fuzz/run --seconds 3600` is the long run.
stage_fuzz() {
  local command=(Tests/Fuzz/run --seconds 60)
  if [[ -n ${FUZZ_ASIDE:-} ]]; then
    command=(bash -c 'tail --pid="$1" -f /dev/null; cat "$2.log"; exit "$(<"$2.status")"' wait "$FUZZ_ASIDE" "$LOGS/fuzz-aside")
  fi
  check_script "$LOGS/fuzz.log" 1500 "fuzzing, 60 s for each target" "${command[@]}"
  sed -n 's/^\(ok  \|info\) */      /p' "$LOGS/fuzz.log"
}

# What uses threads, with ThreadSanitizer.
stage_threads() {
  check_script "$LOGS/threads.log" 600 "tests of what uses threads, sanitizer for races" Tests/Sanitizers/threads
}
