# Sourced by Simulator/run, Board/VirtRV32, Tests/run and .ci/run: finds the Swift toolchain and installs Debian packages.

readonly SWIFT_MAJOR_MIN=6 SWIFT_MINOR_MIN=2

# die TEXT...: says why on standard error and ends with exit status 1.
die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The commit-independent part of every message about a missing or old toolchain.
swift_advice() {
  printf '%s\n' \
    "Get one from https://www.swift.org/install/linux/ with swiftly, Swift's installer:" \
    "  curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz" \
    "  tar zxf swiftly-\$(uname -m).tar.gz && ./swiftly init" \
    "Then open a new shell and run this command again."
}

# require_swift: ends with advice unless a Swift of at least 6.2 is in PATH; sets SWIFT_VERSION.
require_swift() {
  local swift
  swift=$(command -v swift) ||
    die "Swift was not found in PATH; this project needs $SWIFT_MAJOR_MIN.$SWIFT_MINOR_MIN or newer." "$(swift_advice)"
  local text
  text=$(swift --version 2>/dev/null) || die "$swift --version failed." "$(swift_advice)"
  [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+)([.0-9]*) ]] ||
    die "$swift --version does not name a version of Swift: ${text%%$'\n'*}" "$(swift_advice)"
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  SWIFT_VERSION="$major.$minor${BASH_REMATCH[3]}"
  if ((major < SWIFT_MAJOR_MIN || (major == SWIFT_MAJOR_MIN && minor < SWIFT_MINOR_MIN))); then
    die "$swift is Swift $SWIFT_VERSION; this project needs $SWIFT_MAJOR_MIN.$SWIFT_MINOR_MIN or newer." \
      "$(swift_advice)"
  fi
}

# swift_tools_folder: prints the folder of the toolchain's own tools (clang, ld.lld, llvm-nm).
swift_tools_folder() {
  local resources
  resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
  [[ -n $resources ]] || return 1
  (cd "$resources/../../bin" && pwd)
}

# has_package NAME: whether a Debian package is installed.
has_package() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# require_packages NAME...: installs what is missing, says so, and ends with advice when it cannot.
require_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "This is not Debian or Ubuntu: install by hand what these packages hold: $*"
  local missing=() name
  for name in "$@"; do
    has_package "$name" || missing+=("$name")
  done
  ((${#missing[@]} == 0)) && return 0
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "Missing: ${missing[*]}. As root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]} with ${as_root[*]:+sudo }apt-get..." >&2
  local log
  log=$(mktemp)
  if ! apt_get install "${missing[@]}" && ! { apt_get update && apt_get install "${missing[@]}"; }; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "apt-get could not install ${missing[*]}; as root, try: apt-get update && apt-get install ${missing[*]}"
  fi
  rm -f "$log"
}

# apt_get COMMAND ARGUMENT...: apt-get without questions, its output in $log (see require_packages).
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 \
    --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

# build_simulator PROJECT: builds mles-sim, or what of it has changed, and sets SIMULATOR to it.
build_simulator() {
  local log
  require_swift
  [[ -n ${MBEDTLS_ROOT:-} ]] || require_packages libmbedtls-dev
  SIMULATOR=$1/.build/release/mles-sim
  if [[ -x $SIMULATOR ]]; then
    echo "Building mles-sim (what has changed)..." >&2
  else
    echo "Building mles-sim with Swift $SWIFT_VERSION (the first time takes a few minutes)..." >&2
  fi
  log=$(mktemp)
  if ! swift build --package-path "$1" -c release --product mles-sim >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "The build failed; its output is above."
  fi
  rm -f "$log"
}
