#!/bin/bash
# Stores of every format, codec and type that we write, read by everybody else's readers.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PIXELDRILL_ZARR_MATRIX=$work swift test --filter ConformanceMatrixTests >"$work.log" 2>&1 || {
  cat "$work.log"
  exit 1
}
rm -f "$work.log"
.venv/bin/python scripts/conformance/zarr_readback.py "$work"
.venv-zarr2/bin/python scripts/conformance/zarr_readback.py "$work"
