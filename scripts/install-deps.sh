#!/bin/sh
# Installs the Debian/Ubuntu packages that pixeldrill is built with and tested by.
# Installs only what is missing and may be run any number of times.
#
#   scripts/install-deps.sh           install what is missing
#   scripts/install-deps.sh --check   install nothing; exit 1 if anything is missing
set -eu

# The C libraries, the tool that finds them, and what the test judges need. Swift's own libraries,
# which the command is linked to statically, take those of C++.
packages="
  g++
  gcc
  libblosc-dev
  libc6-dev
  libcurl4-openssl-dev
  libdeflate-dev
  libhdf5-dev
  libisal-dev
  libnetcdf-dev
  libzstd-dev
  pkg-config
  python3
  python3-venv
  zlib1g-dev
"

say() { printf '%s\n' "install-deps: $*" >&2; }

case "${1-}" in
  "" | --check) ;;
  *)
    say "unknown argument '$1'; usage: scripts/install-deps.sh [--check]"
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  say "this is no Debian or Ubuntu system: there is no apt-get."
  say "Install the development files of these libraries by hand: blosc, curl, libdeflate,"
  say "hdf5, isa-l, netcdf-c, zstd and zlib; and gcc, pkg-config and Python 3 with venv."
  exit 1
fi

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$status" != installed ]; then missing="$missing $package"; fi
done

if ! command -v swift >/dev/null 2>&1; then
  say "note: no 'swift' in PATH; get Swift 6.2 or later from https://www.swift.org/install/linux/"
fi

if [ -z "$missing" ]; then
  say "all packages are there"
  exit 0
fi
if [ "${1-}" = --check ]; then
  say "missing:$missing"
  exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  say "missing:$missing"
  say "installing them needs root, and there is no sudo. As root, run:"
  say "  apt-get update && apt-get install --no-install-recommends$missing"
  exit 1
fi

say "installing:$missing"
# shellcheck disable=SC2086 # $missing is a list of words, and $as_root may be none
if ! { $as_root apt-get update -q &&
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $missing; } >&2; then
  say "apt-get failed, see above; still missing may be:$missing"
  exit 1
fi
say "done"
