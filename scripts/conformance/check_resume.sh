#!/bin/bash
# Conversions that are killed, paused, starved and run again end with the same bytes as one that was
# left in peace; what would lose something is refused by name.
#
#   check_resume.sh [--all]   --all also kills a larger conversion at random, and takes longer
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
# A disk that is filled may be mounted there.
trap 'umount "$work/disk" 2>/dev/null || true; rm -rf "$work"' EXIT
cc -O1 -Wall -Werror -shared -fPIC -o "$work/die_at.so" scripts/conformance/die_at.c -ldl
.venv/bin/python scripts/conformance/resume_check.py \
  "$(realpath "${PIXELDRILL:-.build/release/pixeldrill}")" "$work" "$@"
