#!/bin/sh
# Installs the browser that opens the benchmark's report in the tests: Debian's Chromium, 300 MB with
# what it needs. Does nothing if it is there; fails where it can't be had.
set -eu

command -v chromium >/dev/null 2>&1 && exit 0
say() { printf '%s\n' "install-browser: $*" >&2; }
if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  say "needs root; as root, run: apt-get install --no-install-recommends chromium"
  exit 1
fi
say "installing chromium"
$as_root apt-get update -q >&2
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends chromium >&2
