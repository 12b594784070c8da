# Sourced by Tests/Fuzz/run: compiles all modules with coverage and sanitizers, then a program for each target.
#
# Beside each product lies a hash of what it was made of; it is made again when that has changed.

# For Swift, and for C; Tests/Sanitizers sets others.
SANITIZERS=${SANITIZERS:-fuzzer,address}
C_SANITIZERS=${C_SANITIZERS:-fuzzer,address,undefined}
# Optimised, with all of Swift's checks. Cross-module optimisation, so that generic code is made for its sizes and has edges.
SWIFT_FLAGS=(-O -wmo -gline-tables-only -parse-as-library -swift-version 6 -enable-testing -sanitize="$SANITIZERS"
  -cross-module-optimization -enable-experimental-feature Lifetimes
  -enable-experimental-feature AddressableParameters -enable-experimental-feature RawLayout
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
  -Xcc -fmodule-map-file=Sources/CTLS/include/module.modulemap -Xcc -fmodule-map-file=Board/CBoard/module.modulemap
  -Xcc -fmodule-map-file=Tests/Fuzz/Headers/module.modulemap)
C_FLAGS=(-std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize="$C_SANITIZERS" -fno-sanitize-recover=all)
LIBRARIES=(-lmbedtls -lmbedx509 -lmbedcrypto)

# is_made PRODUCT HASH: whether PRODUCT is there and was made of what has HASH.
is_made() { [[ -e $1 && -e $1.hash && $(<"$1.hash") == "$2" ]]; }

# hash_of TEXT FILE...: a hash of TEXT and of the contents of all files.
hash_of() {
  local text=$1
  shift
  { echo "$text" && sha256sum "$@"; } | sha256sum | cut -d ' ' -f 1
}

# The Swift modules: what each imports of the others, and where it is.
declare -A IMPORTS=([Bytes]= [HAL]=Bytes [WebSocket]=Bytes [Mles]="Bytes WebSocket" [TLS]="Bytes HAL"
  [Device]="Bytes HAL WebSocket Mles TLS" [Firmware]="Bytes HAL WebSocket Mles TLS Device"
  [Simulator]="Bytes HAL WebSocket Mles TLS Device")
declare -A FOLDER=([Firmware]=Board/Firmware [Simulator]=Simulator)
# Further files of a module.
declare -A MORE=()

# build_module NAME: compiles a Swift module.
build_module() {
  local name=$1 folder=${FOLDER[$1]:-Sources/$1} import hash hashes=() sources
  mapfile -t sources < <(find "$folder" -name '*.swift' ! -path '*/Main/*' | sort)
  [[ -z ${MORE[$name]:-} ]] || sources+=("${MORE[$name]}")
  for import in ${IMPORTS[$name]}; do hashes+=("$BUILT/$import.o.hash"); done
  mapfile -t headers < <(find Sources/CTLS/include Board/CBoard -type f | sort)
  hash=$(hash_of "${SWIFT_FLAGS[*]} $SWIFT_VERSION" "${sources[@]}" "${hashes[@]}" "${headers[@]}")
  is_made "$BUILT/$name.o" "$hash" && return
  swiftc "${SWIFT_FLAGS[@]}" -I "$BUILT" -module-name "$name" -emit-module \
    -emit-module-path "$BUILT/$name.swiftmodule" -c "${sources[@]}" -o "$BUILT/$name.o" &&
    echo "$hash" >"$BUILT/$name.o.hash"
}

# build_shim: the C files of the TLS shim as one object.
build_shim() {
  local hash sources objects=() source
  mapfile -t sources < <(find Sources/CTLS -name '*.c' | sort)
  hash=$(hash_of "${C_FLAGS[*]}" $(find Sources/CTLS -name '*.[ch]' | sort))
  is_made "$BUILT/CTLS.o" "$hash" && return
  for source in "${sources[@]}"; do
    objects+=("$BUILT/$(basename "$source" .c).shim.o")
    "$TOOLS/clang" "${C_FLAGS[@]}" -ISources/CTLS/include -c "$source" -o "${objects[-1]}" || return
  done
  "$TOOLS/ld.lld" -r "${objects[@]}" -o "$BUILT/CTLS.o" && echo "$hash" >"$BUILT/CTLS.o.hash"
}

# build_target NAME FILE...: the program $BUILT/NAME.
build_target() {
  local name=$1 own=(Tests/Fuzz/Targets/"$1".*) files=("${@:2}") file swift=() objects=() hash
  mapfile -t headers < <(find Board/Models Tests/Board/Host Tests/Unit/FakeBoard Tests/Fuzz/Headers -name '*.h')
  hash=$(hash_of "${SWIFT_FLAGS[*]} ${C_FLAGS[*]} $SWIFT_VERSION" "${own[@]}" "${files[@]}" Tests/Fuzz/Support/* \
    "${headers[@]}" "$BUILT"/*.o.hash)
  is_made "$BUILT/$name" "$hash" && return
  for file in "${own[@]}" "${files[@]}"; do
    if [[ $file == *.c ]]; then
      objects+=("$BUILT/$name-$(basename "$file" .c).o")
      "$TOOLS/clang" "${C_FLAGS[@]}" -IBoard/Models -ITests/Board/Host -ITests/Fuzz/Headers \
        -ITests/Unit/FakeBoard/include -c "$file" -o "${objects[-1]}" || return
    else
      swift+=("$file")
    fi
  done
  if ((${#swift[@]} == 0)); then
    "$TOOLS/clang" "${C_FLAGS[@]}" "${objects[@]}" -o "$BUILT/$name"
  else
    swiftc "${SWIFT_FLAGS[@]}" -use-ld=lld -I "$BUILT" -module-name "Fuzz$name" "${swift[@]}" \
      Tests/Fuzz/Support/*.swift "${objects[@]}" "$BUILT/modules.a" "${LIBRARIES[@]}" -o "$BUILT/$name"
  fi && echo "$hash" >"$BUILT/$name.hash"
}

# build_modules: everything that targets link, in the order of imports, two at a time.
build_modules() {
  local pair name process processes status=0
  for pair in "Bytes CTLS" "WebSocket HAL" "Mles TLS" Device "Simulator Firmware"; do
    processes=()
    for name in $pair; do
      if [[ $name == CTLS ]]; then build_shim & else build_module "$name" & fi
      processes+=($!)
    done
    for process in "${processes[@]}"; do wait "$process" || status=1; done
    ((status == 0)) || return 1
  done
  rm -f "$BUILT/modules.a"
  "$TOOLS/llvm-ar" rc "$BUILT/modules.a" "$BUILT"/{CTLS,Bytes,HAL,WebSocket,Mles,TLS,Device,Simulator,Firmware}.o
}
