# Sourced by Tests/mbedtls/build and Board/VirtRV32/build: unpacks a source package of Debian or Ubuntu.
#
# The mirror is the one of the machine's apt configuration and apt checks the signatures; lists and cache are private,
# so that the system's own apt state is not touched. Needs apt-get and dpkg-source (packages apt, dpkg-dev).

# archive_uris: the archives of apt's configuration: `URIs:` of .sources files, the address of `deb` lines in .list files.
archive_uris() {
  { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | sed -nE 's/^URIs: *//p' | tr ' ' '\n'
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p'
}

# write_sources FILE DEBIAN_SUITES UBUNTU_SUITES: a private sources file with the archives that keep whole suites
# (security archives have updates only). The keyring of a distribution knows its newer suites too, if it is up to date.
write_sources() {
  local file=$1 suites=$2 component=main keyring=debian-archive-keyring uris ring
  if ! uris=$(archive_uris | grep -E '/debian/?$' | sort -u); then
    uris=$(archive_uris | grep -E '/ubuntu(-ports)?/?$' | sort -u) || {
      echo "no Debian or Ubuntu archive in apt's configuration" >&2
      return 1
    }
    suites=$3 component=universe keyring=ubuntu-archive-keyring
  fi
  {
    echo "Types: deb-src"
    echo "URIs:" $uris
    echo "Suites: $suites"
    echo "Components: $component"
    for ring in "/usr/share/keyrings/$keyring".{gpg,pgp}; do
      if [[ -r $ring ]]; then
        echo "Signed-By: $ring"
        break
      fi
    done
  } >"$file"
}

# private_apt WORK ARGUMENT...: apt-get with sources, lists and cache of its own below WORK.
private_apt() {
  local work=$1
  shift
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

# unpack_debian_source PACKAGE DEBIAN_SUITES UBUNTU_SUITES SERIES DIRECTORY: the package's newest source in these
# suites, with Debian's patches, into DIRECTORY. SERIES is what the version has to begin with (an extended regular
# expression): archives drop superseded versions, so the series is pinned and not the version.
unpack_debian_source() {
  # apt-get takes relative paths as relative to its own folders.
  local package=$1 debian=$2 ubuntu=$3 series=$4 directory work description
  directory=$(realpath -m "$5") work=$directory.work
  rm -rf "$work" "$directory"
  mkdir -p "$work"/{sources,lists/partial,cache/archives/partial,download} || return
  write_sources "$work/sources/source.sources" "$debian" "$ubuntu" || return
  # An archive that lacks the suite makes this fail, another may have it: the next command tells.
  private_apt "$work" update || true
  (cd "$work/download" && private_apt "$work" source --download-only "$package") || return
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
