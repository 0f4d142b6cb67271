#!/bin/sh
# Installs what looks at the benchmark's report in the tests: Debian's Chromium, 300 MB with what it
# needs, and poppler's tools, which read what it prints. Does nothing if they are there; fails where they
# can't be had.
set -eu

command -v chromium >/dev/null 2>&1 && command -v pdftotext >/dev/null 2>&1 && exit 0
say() { printf '%s\n' "install-browser: $*" >&2; }
if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  say "needs root; as root, run: apt-get install --no-install-recommends chromium poppler-utils"
  exit 1
fi
say "installing chromium and poppler-utils"
$as_root apt-get update -q >&2
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends chromium poppler-utils >&2
