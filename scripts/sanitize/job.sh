#!/bin/bash
# Everything the command does, once, on a small archive; for scripts/sanitize.sh, which watches it.
#
#   job.sh BINARY FOLDER     FOLDER gets what is made, and has die_at.so
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$1
work=$2

said() { "$binary" "$@" 2>&1 || { echo "pixeldrill $* ends with $?" >&2 && return 1; }; }

granules=$work/granules
chunks=(--variables sea_surface_temperature,sst_dtime,quality_level --chunk 25x25 --shard 100x100)
said sample "$granules" --start 2019-12-20 --days 24 --lat 300 --lon 400 --chunk 75x100 >"$work/log"
said scan "$granules" >"$work/log"
said convert "$granules" --to "$work/plain" "${chunks[@]}" >"$work/log"

# Too little memory for a column, so that it goes to a scratch file.
least=$("$binary" convert "$granules" --to "$work/small" "${chunks[@]}" --threads 4 --memory 1MiB \
  2>&1 | sed -n "s/.*give it \([0-9.]*\) MiB.*/\1/p" || true)
LD_PRELOAD=${LD_PRELOAD:-}:$work/die_at.so DIE_AT=60 "$binary" convert "$granules" --to "$work/small" \
  "${chunks[@]}" --threads 4 --memory "${least}MiB" >"$work/log" 2>&1 && exit 1
said convert "$granules" --to "$work/small" "${chunks[@]}" --threads 4 --memory "${least}MiB" \
  >"$work/log"
grep -q "going on" "$work/log"
grep -q "spilled" "$work/log"
diff -r "$work/plain/zarrs" "$work/small/zarrs"
said convert "$granules" --to "$work/small" "${chunks[@]}" | grep -q "up to date"
said verify "$work/small" --all >"$work/log"
said refs "$granules" --to "$work" >"$work/log"
said refs --check "$work/refs" >"$work/log"
pixel=(--variable sea_surface_temperature --lat -32.45 --lon 115.55)
for source in plain/zarrs refs granules; do
  "$binary" drill "$work/$source" "${pixel[@]}" >"$work/series-${source//\//-}" 2>"$work/log"
done
cmp "$work/series-plain-zarrs" "$work/series-refs"
cmp "$work/series-plain-zarrs" "$work/series-granules"

if [ -z "${PIXELDRILL_TEST_S3:-}" ]; then
  echo "left out: PIXELDRILL_TEST_S3 names no S3 server" >&2
  exit 0
fi
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-pixeldrill}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-pixeldrill-secret}
bucket=sanitize-$$
bucket() { # bucket create|delete
  .venv/bin/python - "$1" "$bucket" <<'END'
import os, sys, boto3
what, name = sys.argv[1:]
s3 = boto3.resource("s3", endpoint_url=os.environ["PIXELDRILL_TEST_S3"], region_name="us-east-1")
if what == "create":
    s3.create_bucket(Bucket=name)
else:
    s3.Bucket(name).objects.all().delete()
    s3.Bucket(name).delete()
END
}
at=(--endpoint-url "$PIXELDRILL_TEST_S3" --region us-east-1)
bucket create
trap 'bucket delete' EXIT
said convert "$granules" --to "s3://$bucket" "${chunks[@]}" "${at[@]}" >"$work/log"
said verify "s3://$bucket" "${at[@]}" >"$work/log"
"$binary" drill "s3://$bucket/zarrs" "${pixel[@]}" "${at[@]}" 2>"$work/log" |
  cmp - "$work/series-plain-zarrs"
