# Sourced by ../build: compiles and links the image. C is compiled by Swift's own clang, like everything else.

# What is compiled for speed, the rest being for size: multiplication of large numbers is most of a handshake.
readonly FAST_FILES=(bignum_core.c)

readonly LWIP_FILES=(core/{def,dns,inet_chksum,init,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out,timeouts,udp}.c
  core/ipv4/{dhcp,etharp,icmp,ip4,ip4_addr}.c netif/ethernet.c)

# Operations with private keys, left out: TLS/public_keys.c.
readonly REFUSED_FUNCTIONS=(mbedtls_rsa_pkcs1_sign mbedtls_rsa_rsassa_pss_sign_no_mode_check mbedtls_rsa_pkcs1_decrypt
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

compile_mbedtls() {
  compile_library "$1" "$board/TLS" "${C_FLAGS[@]}" "${MBEDTLS_FLAGS[@]}" -I"$MBEDTLS/library" -w -- \
    "$MBEDTLS"/library/*.c
}

# This project's own C: strict, and every time.
compile_board() {
  local files=("$board"/{Start,Drivers,Port,Net,TLS}/*.c "$board"/Start/*.S "$project"/Board/Models/*.c
    "$project"/Sources/CTLS/*.c)
  [[ $main == *.c ]] && files+=("$main")
  compile_all "$1" "${C_FLAGS[@]}" -Wall -Wextra -Werror -I"$project/Board/CBoard" -I"$project/Sources/CTLS/include" \
    "${LWIP_FLAGS[@]}" "${MBEDTLS_FLAGS[@]}" ${defines[@]+"${defines[@]}"} -- "${files[@]}"
}

# build_swift: sets SWIFT_OBJECTS, one object of all modules and of the bitcode that --main may be. With a --main in C
# there is no Swift to link.
build_swift() {
  local scratch=$project/.build-riscv32 log=$build/swift.log target=Firmware exclude=() modules
  SWIFT_OBJECTS=()
  [[ $main == *.[co] ]] && return
  if [[ -n $main ]]; then
    exclude+=(! -path '*/Firmware.build/*')
  fi
  swift build --package-path "$project" -c release --triple riscv32-none-none-eabi \
    --toolset "$project/Board/riscv32.toolset.json" --scratch-path "$scratch" \
    --experimental-lto-mode full --target "$target" >"$log" 2>&1 || {
    grep -E 'error|warning' "$log" >&2 || cat "$log" >&2
    die "The Swift build failed; its whole output is $log."
  }
  mapfile -t modules < <(find "$scratch/riscv32-none-none-eabi/release" -path '*.build/*.bc' "${exclude[@]}")
  SWIFT_OBJECTS=("$scratch/firmware.o")
  "$project/Board/merge-modules" "${SWIFT_OBJECTS[0]}" firmware_main "${modules[@]}" ${main:+"$main"}
}

# link_image ELF: without an allocator, on purpose; nothing in the image may need one.
link_image() {
  local objects=("$build"/lwip/*.o "$build/$variant"/{mbedtls,board}/*.o ${SWIFT_OBJECTS[@]+"${SWIFT_OBJECTS[@]}"})
  [[ $main == *.o ]] && objects+=("$main")
  "$TOOLS/ld.lld" -m elf32lriscv -T "$board/Start/link.ld" --gc-sections --relax-gp --no-undefined \
    --fatal-warnings -Map "$1.map" "${REFUSED_FUNCTIONS[@]/#/--wrap=}" "${objects[@]}" \
    --start-group "${LIBRARIES[@]}" --end-group -o "$1" || die "The linker failed; its output is above."
}
