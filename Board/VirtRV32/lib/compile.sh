# Sourced by ../build: compiles and links the image. C is compiled by Swift's own clang, like everything else.

# What is compiled for speed, the rest being for size: half of a handshake would be copying and clearing small blocks.
# Measured: nothing of mbedTLS gains as much as its place costs.
readonly FAST_FILES=(memory.c)

readonly LWIP_FILES=(core/{def,dns,inet_chksum,init,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out,timeouts,udp}.c
  core/ipv4/{dhcp,etharp,icmp,ip4,ip4_addr}.c netif/ethernet.c)

# Functions of mbedTLS that the linker replaces: operations with private keys (TLS/public_keys.c), and memory
# (TLS/record_buffers.c).
readonly REPLACED_FUNCTIONS=(mbedtls_calloc mbedtls_free mbedtls_rsa_pkcs1_sign mbedtls_rsa_rsassa_pss_sign_no_mode_check mbedtls_rsa_pkcs1_decrypt
  mbedtls_rsa_pkcs1_encrypt mbedtls_rsa_check_pub_priv mbedtls_rsa_deduce_primes mbedtls_rsa_deduce_private_exponent
  mbedtls_ecdsa_write_signature mbedtls_ecp_check_pub_priv)

readonly TARGET=(--target=riscv32-none-none-eabi -march=rv32imc -mabi=ilp32)

# find_tools: sets TOOLS, LIBRARIES, PICOLIBC_VERSION and the flags of all C files, C_FLAGS.
find_tools() {
  local gcc=(riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 --specs=picolibc.specs) headers
  TOOLS=$(swift_tools_folder) || die "the Swift toolchain does not say where its tools are"
  headers=$(echo '#include <stdint.h>' | "${gcc[@]}" -E - | sed -nE 's/^# [0-9]+ "(.*\/picolibc\/.*include)\/.*/\1/p')
  headers=${headers%%$'\n'*}
  [[ -n $headers ]] || die "${gcc[0]} does not know picolibc's headers"
  PICOLIBC_VERSION=$(dpkg-query -W -f '${Version}' picolibc-riscv64-unknown-elf)
  LIBRARIES=("$headers/../lib/$("${gcc[@]}" -print-multi-directory)/libc.a" "$("${gcc[@]}" -print-libgcc-file-name)")
  C_FLAGS=("${TARGET[@]}" -isystem "$headers" -std=c11 -Oz -msave-restore -ffunction-sections -fdata-sections
    -fno-stack-protector -fno-common)
  MBEDTLS_FLAGS=(-I"$board/TLS" -isystem "$MBEDTLS/include" '-DMBEDTLS_CONFIG_FILE="tls_config.h"'
    "${record_flags[@]}")
  LWIP_FLAGS=(-I"$board/Net" -isystem "$LWIP/src/include")
}

# compile_all DIRECTORY FLAG... -- FILE...: an object for each file, on all cores; ends with the compiler's output.
# Objects are named after files, with their folder where another has the same name.
compile_all() {
  local directory=$1 flags=() file
  shift
  while [[ $1 != -- ]]; do flags+=("$1") && shift; done
  shift
  rm -rf "$directory"
  mkdir -p "$directory"
  for file in "$@"; do
    printf '%s\0%s\0' "$file" "$directory/$(basename "$(dirname "$file")")-$(basename "${file%.*}").o"
  done | FAST=" ${FAST_FILES[*]} " xargs -0 -n 2 -P "$(nproc)" bash -c '
    speed=()
    case $FAST in *" $(basename "${@: -2:1}") "*) speed=(-O2) ;; esac
    exec "${@:1:$#-2}" ${speed[@]+"${speed[@]}"} -c "${@: -2:1}" -o "${@: -1}"
  ' compile "$TOOLS/clang" "${flags[@]}" || die "The C compiler failed; its output is above."
}

# compile_library DIRECTORY CONFIGURATION_FOLDER FLAG... -- FILE...: as compile_all, when anything is different from
# the last time: flags, files, compiler, configuration headers.
compile_library() {
  local directory=$1 folder=$2 key
  shift 2
  key=$({ echo "$@" && "$TOOLS/clang" --version && find "$folder" -name "*.h" -exec cat {} + && cat "$board/lib/compile.sh"; } | sha256sum)
  [[ $(cat "$directory/key" 2>/dev/null) == "$key" ]] && return
  compile_all "$directory" "$@"
  echo "$key" >"$directory/key"
}

compile_lwip() {
  compile_library "$1" "$board/Net" "${C_FLAGS[@]}" "${LWIP_FLAGS[@]}" -w -- "${LWIP_FILES[@]/#/$LWIP/src/}"
}

# TLS is optimised as one program, mbedTLS and what is written on it: 10 KB less. Such objects hold LLVM's bitcode.
compile_mbedtls() {
  compile_library "$1" "$board/TLS" "${C_FLAGS[@]}" "${MBEDTLS_FLAGS[@]}" -flto=full -I"$MBEDTLS/library" -w -- \
    "$MBEDTLS"/library/*.c
}

# This project's own C: strict, and every time.
readonly STRICT=(-Wall -Wextra -Werror)

compile_tls() {
  compile_all "$1" "${C_FLAGS[@]}" "${STRICT[@]}" "${MBEDTLS_FLAGS[@]}" -flto=full -isystem "$MBEDTLS/library" \
    -I"$project/Board/CBoard" -I"$project/Sources/CTLS/include" -- "$board"/TLS/*.c "$project"/Sources/CTLS/*.c
}

compile_board() {
  local files=("$board"/{Start,Runtime,Drivers,Port,Net}/*.c "$board"/Start/*.S "$project"/Board/Models/*.c)
  [[ $main != *.c ]] || files+=("$main")
  compile_all "$1" "${C_FLAGS[@]}" "${STRICT[@]}" -I"$project/Board/CBoard" -I"$project/Sources/CTLS/include" \
    "${LWIP_FLAGS[@]}" "${MBEDTLS_FLAGS[@]}" ${defines[@]+"${defines[@]}"} -- "${files[@]}"
}

# build_swift OBJECT: the firmware and the package's modules, optimised as one program; with --main in bitcode that in
# the firmware's place, with --main in C or an object no Swift but what that brings.
build_swift() {
  local scratch=$project/.build-riscv32 log=$build/swift.log exclude=() modules
  SWIFT_OBJECTS=()
  [[ $main != *.[co] ]] || return 0
  [[ -z $main ]] || exclude=(! -path '*/Firmware.build/*')
  swift build --package-path "$project" -c release --triple riscv32-none-none-eabi \
    --toolset "$project/Board/riscv32.toolset.json" --scratch-path "$scratch" --experimental-lto-mode full \
    --target Firmware >"$log" 2>&1 || {
    grep -E 'error|warning' "$log" >&2 || cat "$log" >&2
    die "The Swift build failed; its whole output is $log."
  }
  mapfile -t modules < <(find "$scratch/riscv32-none-none-eabi/release" -path '*.build/*.bc' ${exclude[@]+"${exclude[@]}"} | sort)
  "$project/Board/merge-modules" "$1" firmware_main "${modules[@]}" ${main:+"$main"}
  SWIFT_OBJECTS=("$1")
}

# merge_tls OBJECT USER...: TLS as one object, with the functions that the objects USER call. Functions to be replaced
# keep their names in it; the last link replaces them.
merge_tls() {
  local output=$1 parts=("$build/$variant"/{mbedtls,tls}/*.o) entries
  shift
  mapfile -t entries < <(comm -12 <(symbols --undefined-only "$@") <(symbols --defined-only --extern-only "${parts[@]}"))
  "$project/Board/merge-modules" "$output" "${entries[0]}" "${entries[@]/#/--undefined=}" \
    "${REPLACED_FUNCTIONS[@]/#/--wrap=}" "${parts[@]}" || die "The linker failed; its output is above."
}

# symbols OPTION... OBJECT...: their names.
symbols() {
  "$TOOLS/llvm-nm" --just-symbol-name "$@" 2>/dev/null | grep -v -e ':$' -e '^$' | sort -u
}

# link_image ELF: without an allocator, on purpose; nothing in the image may need one.
link_image() {
  local objects=("$build/$variant"/board/*.o "${SWIFT_OBJECTS[@]}") tls=$1.parts/tls.o
  [[ $main != *.o ]] || objects+=("$main")
  merge_tls "$tls" "${objects[@]}"
  "$TOOLS/ld.lld" -m elf32lriscv -T "$board/Start/link.ld" --gc-sections --relax-gp --no-undefined \
    --fatal-warnings -Map "$1.map" "${REPLACED_FUNCTIONS[@]/#/--wrap=}" "${objects[@]}" "$tls" "$build"/lwip/*.o \
    --start-group "${LIBRARIES[@]}" --end-group -o "$1" || die "The linker failed; its output is above."
}
