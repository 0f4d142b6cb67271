#!/bin/sh
# References of pixeldrill and of other tools, read by each other: see refs_check.py.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python scripts/conformance/refs_check.py "${PIXELDRILL:-.build/release/pixeldrill}" \
  "$work/refs" Tests/Data/ghrsst-l3s/*.nc
