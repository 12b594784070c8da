# Sourced by debian-source.sh and Tests/Conformance/venv: packages of another suite than the machine's, from the
# mirror that the machine's apt uses. apt checks the signatures; the system's own apt state is not touched.
# The caller defines `fail TEXT...`, which ends it.

# The archive URIs of apt's configuration: `URIs:` of .sources files, the address of `deb` lines in .list files.
archive_uris() {
  { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | sed -nE 's/^URIs: *//p' | tr ' ' '\n'
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p'
}

# find_archive: sets `distribution` (debian or ubuntu) and `uris`, where it keeps whole suites (security archives have
# updates only); fails where there is neither.
find_archive() {
  if uris="$(archive_uris | grep -E '/debian/?$' | sort -u)"; then
    distribution=debian
  elif uris="$(archive_uris | grep -E '/ubuntu(-ports)?/?$' | sort -u)"; then
    distribution=ubuntu
  else
    distribution= uris=
    return 1
  fi
}

# private_apt_start FOLDER TYPE SUITES COMPONENT: takes packages of TYPE (deb or deb-src) from the archive found.
private_apt_start() {
  private_apt_folder=$1
  mkdir -p "$1/sources" "$1/lists/partial" "$1/cache/archives/partial"
  # An empty state: what is installed on this machine has no say.
  : >"$1/status"
  {
    echo "Types: $2"
    echo "URIs:" $uris
    echo "Suites: $3"
    echo "Components: $4"
    # A keyring of the distribution knows the keys of its other suites too, if it is up to date.
    local file
    for file in /usr/share/keyrings/"$distribution"-archive-keyring.{gpg,pgp}; do
      if [ -r "$file" ]; then
        echo "Signed-By: $file"
        break
      fi
    done
  } >"$1/sources/source.sources"
  # An archive that lacks a suite makes this fail, another may have it: the next command tells.
  private_apt update || true
}

# apt-get with lists, sources, state and cache of its own.
private_apt() {
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$private_apt_folder/sources" \
    -o Dir::State::Lists="$private_apt_folder/lists" -o Dir::State::status="$private_apt_folder/status" \
    -o Dir::Cache="$private_apt_folder/cache" -o APT::Sandbox::User=root "$@"
}
