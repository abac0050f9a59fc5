#!/bin/sh
# Installs llamero for one user, without root: fetches the latest release for this machine, checks its
# SHA-256, and puts the one file it consists of into ~/.local/bin.
#
#   LLAMERO_VERSION      this release instead of the latest one, such as 0.1.0
#   LLAMERO_INSTALL_DIR  the folder to install to (default ~/.local/bin)
#   LLAMERO_DOWNLOADS    where the releases are, for a mirror
set -eu

# A release fills this in.
repository='@REPOSITORY@'

say() {
  printf '%s\n' "$*" >&2
}

fail() {
  say "llamero was not installed: $*"
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# linux-x64, as the releases are named.
platform() {
  case "$(uname -s)" in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "there is no executable for $(uname -s); with Node.js: npm install --global llamero" ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "there is no executable for $(uname -m); with Node.js: npm install --global llamero" ;;
  esac
  # A shell under Rosetta says x86_64 on a machine that is none.
  if [ "$system" = darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then
    machine=arm64
  fi
  if [ "$system" = linux ] && (ldd --version 2>&1 || true) | grep -qi musl; then
    fail 'there is no executable for musl; with Node.js: npm install --global llamero'
  fi
  printf '%s-%s' "$system" "$machine"
}

# fetch URL FILE
fetch() {
  if has curl; then
    case $1 in
      https:*) protocols='=https' ;;
      *) protocols='=http,https' ;;
    esac
    curl --proto "$protocols" --fail --location --silent --show-error --retry 3 --output "$2" "$1"
  else
    wget --quiet --tries=3 --output-document="$2" "$1"
  fi || fail "$1 could not be fetched"
}

# digest FILE
digest() {
  if has sha256sum; then
    sha256sum "$1"
  elif has shasum; then
    shasum -a 256 "$1"
  else
    openssl dgst -sha256 -r "$1"
  fi | cut -d ' ' -f 1
}

# All of it is read before any of it runs: half a script does nothing.
main() {
  case $repository in
    @*) repository='' ;;
  esac
  downloads=${LLAMERO_DOWNLOADS:-${repository:+$repository/releases}}
  [ -n "$downloads" ] || fail 'this script belongs to no release: set LLAMERO_DOWNLOADS'
  if [ -n "${LLAMERO_VERSION:-}" ]; then
    release="$downloads/download/v${LLAMERO_VERSION#v}"
  else
    release="$downloads/latest/download"
  fi
  has curl || has wget || fail 'it takes curl or wget'
  has sha256sum || has shasum || has openssl ||
    fail 'it takes sha256sum, shasum or openssl to check what is fetched'
  has mktemp || fail 'it takes mktemp'
  has tar || fail 'it takes tar'
  folder=${LLAMERO_INSTALL_DIR:-${HOME:+$HOME/.local/bin}}
  [ -n "$folder" ] || fail 'HOME is not set: set LLAMERO_INSTALL_DIR to the folder to install to'
  # PATH would mean another folder in every other one.
  case $folder in
    /*) ;;
    *) folder=$PWD/$folder ;;
  esac
  [ ! -d "$folder/llamero" ] ||
    fail "$folder/llamero is a folder: remove it, or set LLAMERO_INSTALL_DIR to another one"
  target=$(platform)

  work=$(mktemp -d) || fail "no temporary folder could be made in ${TMPDIR:-/tmp}"
  staged=''
  trap 'rm -rf "$work" ${staged:+"$staged"}' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  fetch "$release/SHA256SUMS" "$work/SHA256SUMS"
  # Digest and name, as sha256sum writes them.
  line=$(grep -E "^[0-9a-f]{64} [ *]llamero-[0-9A-Za-z.+-]+-$target\.tar\.gz$" "$work/SHA256SUMS" || true)
  [ -n "$line" ] || fail "this release has no executable for $target"
  [ "$(printf '%s\n' "$line" | wc -l)" -eq 1 ] || fail 'this release has several executables for one machine'
  expected=${line%% *}
  archive=${line##*[ *]}
  name=${archive%.tar.gz}

  say "Fetching $release/$archive"
  fetch "$release/$archive" "$work/$archive"
  actual=$(digest "$work/$archive")
  [ "$actual" = "$expected" ] ||
    fail "$archive is damaged or was tampered with: its SHA-256 is $actual, it should be $expected"

  tar -x -z -f "$work/$archive" -C "$work" "$name/llamero" || fail "$archive could not be unpacked"
  mkdir -p "$folder" || fail "$folder could not be made"
  # Beside its place first, so that it takes it in one step: another may be running. It is tried there
  # too: in a folder for temporary files nothing may be allowed to run.
  staged="$folder/.llamero.$$"
  cp "$work/$name/llamero" "$staged" || fail "$folder could not be written"
  chmod 755 "$staged"
  version=$("$staged" --version) || fail "the executable does not run on this machine, or not in $folder"
  mv -f "$staged" "$folder/llamero" || fail "$folder could not be written"

  say "Installed $version to $folder/llamero"
  case ":$PATH:" in
    *":$folder:"*) ;;
    *) say "To find it, add this to your shell's start file: export PATH=\"$folder:\$PATH\"" ;;
  esac
}

main
