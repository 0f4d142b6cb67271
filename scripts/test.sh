#!/bin/bash
# Runs all tests on what is built; used by `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
for check in scripts/conformance/check_*.sh; do
  echo "== $check"
  "$check"
done
swift test
