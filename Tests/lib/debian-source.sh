# Sourced by Tests/mbedtls/build and Board/VirtRV32/build: unpacks a source package of Debian or Ubuntu, fetched as
# private-apt.sh does. Needs apt-get and dpkg-source (packages apt, dpkg-dev).
source "$(dirname "${BASH_SOURCE[0]}")/private-apt.sh"

# unpack_debian_source PACKAGE DEBIAN_SUITES UBUNTU_SUITES SERIES DIRECTORY: the package's newest source in these
# suites, with Debian's patches, into DIRECTORY. SERIES is what the version has to begin with (an extended regular
# expression): archives drop superseded versions, so the series is pinned and not the version.
unpack_debian_source() {
  # apt-get takes relative paths as relative to its own folders.
  local package=$1 series=$4 directory work description
  directory=$(realpath -m "$5") work=$directory.work
  rm -rf "$work" "$directory"
  mkdir -p "$work/download" || return
  find_archive || { echo "no Debian or Ubuntu archive in apt's configuration" >&2 && return 1; }
  case $distribution in
    debian) private_apt_start "$work" deb-src "$2" main ;;
    ubuntu) private_apt_start "$work" deb-src "$3" universe ;;
  esac
  (cd "$work/download" && private_apt source --download-only "$package") || return
  description=$(find "$work/download" -name "${package}_*.dsc" | sort -V | tail -n 1)
  if [[ ! ${description##*/} =~ ^"$package"_($series) ]]; then
    echo "the archive has ${description##*/}, which is not $package $series" >&2
    return 1
  fi
  # apt-get has just checked the files against the signed index.
  dpkg-source --no-check --no-copy -x "$description" "$directory" || return
  rm -rf "$work"
}

# debian_source_version DIRECTORY: the exact version of an unpacked source package; nothing when it is none.
debian_source_version() {
  sed -nE '1s/^[^ ]+ \(([^)]+)\).*/\1/p' "$1/debian/changelog" 2>/dev/null || true
}
