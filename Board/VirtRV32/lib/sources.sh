# Sourced by ../build: finds the sources of lwIP and mbedTLS.

# The series that this board's configuration files are written for. Debian's suites, then Ubuntu's.
readonly LWIP_SERIES='2\.[12]\.' LWIP_SUITES=(bookworm "jammy jammy-updates")
readonly MBEDTLS_SERIES='3\.6\.' MBEDTLS_SUITES=(trixie "resolute resolute-updates resolute-security")

# fetch_source NAME SERIES DEBIAN_SUITES UBUNTU_SUITES: the source package in $build/sources/NAME, unpacked there before
# or now.
fetch_source() {
  local name=$1 series=$2 directory=$build/sources/$1 log=$build/$1-source.log
  if [[ ! $(debian_source_version "$directory") =~ ^($series) ]]; then
    require_packages dpkg-dev
    say "Fetching the source of $name from the Debian archive of apt's configuration..."
    mkdir -p "$build/sources"
    unpack_debian_source "$name" "$3" "$4" "$series" "$directory" >"$log" 2>&1 || {
      tail -n 15 "$log" >&2
      die "The source of $name could not be fetched; the whole log is $log." \
        "Unpack it yourself and name the folder in ${name^^}_SOURCE."
    }
  fi
}

# find_sources: sets LWIP and MBEDTLS to the folders, LWIP_VERSION and MBEDTLS_VERSION to what is in them.
find_sources() {
  if [[ -n ${LWIP_SOURCE:-} ]]; then
    LWIP=$(realpath "$LWIP_SOURCE")
  else
    fetch_source lwip "$LWIP_SERIES" "${LWIP_SUITES[@]}"
    LWIP=$build/sources/lwip
  fi
  if [[ -n ${MBEDTLS_SOURCE:-} ]]; then
    MBEDTLS=$(realpath "$MBEDTLS_SOURCE")
  else
    fetch_source mbedtls "$MBEDTLS_SERIES" "${MBEDTLS_SUITES[@]}"
    MBEDTLS=$build/sources/mbedtls
  fi
  LWIP_VERSION=$(source_version "$LWIP" "$(lwip_version)")
  MBEDTLS_VERSION=$(source_version "$MBEDTLS" "$(mbedtls_version)")
  [[ $LWIP_VERSION =~ ^($LWIP_SERIES) ]] || die "$LWIP has no lwIP 2.1 or 2.2 in it, but '$LWIP_VERSION'"
  [[ $MBEDTLS_VERSION =~ ^($MBEDTLS_SERIES) ]] || die "$MBEDTLS has no mbedTLS 3.6 in it, but '$MBEDTLS_VERSION'"
}

# source_version FOLDER VERSION: Debian's version of it, or VERSION where it is not from Debian.
source_version() {
  local debian
  debian=$(debian_source_version "$1")
  echo "${debian:-$2}"
}

lwip_version() {
  sed -nE 's/^#define LWIP_VERSION_(MAJOR|MINOR|REVISION) +([0-9]+).*/\2/p' "$LWIP/src/include/lwip/init.h" |
    paste -sd.
}

mbedtls_version() {
  sed -nE 's/^#define MBEDTLS_VERSION_STRING +"([0-9.]+)".*/\1/p' "$MBEDTLS/include/mbedtls/build_info.h"
}
