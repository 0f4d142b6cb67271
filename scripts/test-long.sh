#!/bin/bash
# The tests that take long; used by `make test-long`. Like scripts/test.sh, on what is built.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$EUID" -eq 0 ]; then
  PIXELDRILL_TEST_S3=$(scripts/s3-server.sh up | tail -n 1)
  export PIXELDRILL_TEST_S3
  trap 'scripts/s3-server.sh down' EXIT
else
  echo "test-long: not root, so no S3 server: the S3 tests are left out" >&2
fi

scripts/conformance/check_resume.sh --all
scripts/conformance/check_hang.sh --all
scripts/sanitize.sh address
scripts/sanitize.sh thread

# Every parser of foreign bytes: many mutated inputs, then libFuzzer.
PIXELDRILL_FUZZ_ROUNDS=50000 swift test --filter FuzzTests
scripts/fuzz.sh "${PIXELDRILL_FUZZ_SECONDS:-120}"
