#!/bin/bash
# Conversions between buckets, on the server that PIXELDRILL_TEST_S3 names.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${PIXELDRILL_TEST_S3:-}" ]; then
  echo "left out: PIXELDRILL_TEST_S3 names no S3 server" >&2
  exit 0
fi
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-pixeldrill}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-pixeldrill-secret}
.venv/bin/python scripts/conformance/s3_convert.py .build/release/pixeldrill \
  "$PIXELDRILL_TEST_S3" scripts/fault-proxy.py
