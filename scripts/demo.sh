#!/bin/bash
# The main job in small: a sample stack, scanned, converted and drilled. Used by `make demo`.
set -euo pipefail
binary=${1:?usage: scripts/demo.sh BINARY}
binary=$(realpath "$binary")
cd "$(dirname "$0")/.."

run() {
  printf '\n$ pixeldrill %s\n' "$*"
  "$binary" "$@"
}

rm -rf demo
mkdir demo
run sample demo/granules --start 2020-01-01 --days 60
run scan demo/granules
run convert demo/granules --to demo
run drill demo/zarrs --variable sea_surface_temperature --lat -32.45 --lon 115.55 \
  --output demo/pixel.csv
echo
head -n 12 demo/pixel.csv
printf '\nThe stores are in demo/zarrs; demo/pixel.csv has the whole series.\n'
