#!/bin/bash
# Runs the benchmark; used by `make bench` and by the tests.
#
#   scripts/bench.sh full|quick FOLDER [ARGUMENTS…]
#
# Writes FOLDER/bench.{html,md,json}. As root, a real S3 server takes part (scripts/s3-server.sh); one
# that runs already is used and left running. What is made on the way is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
config=${1:?usage: scripts/bench.sh full|quick FOLDER}
folder=${2:?usage: scripts/bench.sh full|quick FOLDER}
shift 2
bucket=()
if [ -z "${PIXELDRILL_TEST_S3:-}" ] && [ "$EUID" -eq 0 ]; then
  # Granules, stores and references of one stack lie in its memory: 2.5 GB, which take twice as much.
  PIXELDRILL_TEST_S3=$(S3_SERVER_BYTES=8589934592 scripts/s3-server.sh up | tail -n 1)
  trap 'scripts/s3-server.sh down' EXIT
fi
if [ -n "${PIXELDRILL_TEST_S3:-}" ]; then
  export AWS_ENDPOINT_URL=$PIXELDRILL_TEST_S3 AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
  export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-pixeldrill}
  export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-pixeldrill-secret}
  .venv/bin/python - <<'PYTHON'
import os

import boto3

boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).create_bucket(Bucket="bench")
PYTHON
  bucket=(--bucket s3://bench/stacks)
else
  echo "bench: not root, so no S3 server: nothing is measured there" >&2
fi
"${PIXELDRILL:-.build/release/pixeldrill}" bench --config "benchmarks/$config.yaml" --to "$folder" \
  --python .venv/bin/python "${bucket[@]}" "$@"
