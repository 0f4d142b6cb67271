#!/bin/bash
# Runs all tests on what is built; used by `make test`.
#
# The S3 tests need a real server that verifies signatures; starting one needs root. Without it
# they are left out, and the runner says so.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$EUID" -eq 0 ]; then
  PIXELDRILL_TEST_S3=$(scripts/s3-server.sh up | tail -n 1)
  export PIXELDRILL_TEST_S3
  trap 'scripts/s3-server.sh down' EXIT
else
  echo "test: not root, so no S3 server: the S3 tests are left out" >&2
fi

for check in scripts/conformance/check_*.sh; do
  echo "== $check"
  "$check"
done
swift test
