#!/bin/sh
# Series drilled from stores, references and granules, held against netCDF4, pandas and xarray: see
# drill_check.py. PIXELDRILL names the command; PIXELDRILL_WORK a folder to keep what is made.
set -eu
cd "$(dirname "$0")/../.."
if [ -n "${PIXELDRILL_WORK:-}" ]; then
  work=$PIXELDRILL_WORK
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
.venv/bin/python scripts/conformance/drill_check.py "${PIXELDRILL:-.build/release/pixeldrill}" \
  "$work" Tests/Data/ghrsst-l3s
