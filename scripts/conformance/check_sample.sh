#!/bin/bash
# A sample stack has the traps of the real archive, as netCDF4-python sees them.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.build/release/pixeldrill sample "$work/stack" --days 20 2>/dev/null
.venv/bin/python scripts/conformance/sample_check.py "$work"/stack/*.nc
