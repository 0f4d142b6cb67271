#!/bin/bash
# Sources that hang are given up, and named.
#
#   check_hang.sh [--all]   --all also waits for what takes minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python scripts/conformance/hang_check.py \
  "$(realpath "${PIXELDRILL:-.build/release/pixeldrill}")" "$work" "$@"
