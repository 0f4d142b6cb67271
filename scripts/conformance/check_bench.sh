#!/bin/bash
# The whole benchmark on a small stack: its report against the schema, in a browser and on paper, a run
# beside itself, and a route that gives one wrong bit, after which there must be no report.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/conformance/checks.sh

export TMPDIR=$work/scratch
mkdir "$TMPDIR"
if scripts/bench.sh quick "$work/report" 2>"$work/bench"; then
  ok "the benchmark runs by all routes, which agree"
else
  tail -n 5 "$work/bench" >"$work/end"
  failed "the benchmark ends without a report" "$work/end"
  finish
fi
[ -z "$(ls "$TMPDIR")" ] && ok "it removes what it made" || failed "it leaves $(ls "$TMPDIR")"
verdict "its JSON is as benchmarks/report.schema.json says" $python - "$work/report/bench.json" <<'PYTHON'
import json
import sys

import jsonschema

report = json.load(open(sys.argv[1]))
jsonschema.validate(report, json.load(open("benchmarks/report.schema.json")))
routes = {measured["route"] for measured in report["measurements"]}
assert len(routes) == 9, routes
PYTHON
if scripts/install-browser.sh; then
  verdict "its page is readable, prints whole, has data in all charts, and asks for nothing" \
    $python scripts/conformance/bench_page.py "$work/report/bench.html"
else
  skipped "no browser, so nothing has looked at the page"
fi
verdict "the kept reports are as the schema says, too" $python - <<'PYTHON'
import glob
import json

import jsonschema

schema = json.load(open("benchmarks/report.schema.json"))
for name in glob.glob("benchmarks/results/*.json"):
    jsonschema.validate(json.load(open(name)), schema)
PYTHON

# In a copy, since it would be a result of the project; the day's row is there once, however often.
kept=$work/kept
mkdir -p "$kept/scripts" "$kept/benchmarks/results"
cp scripts/keep-report.py "$kept/scripts"
cp benchmarks/results/README.md "$kept/benchmarks/results"
sed -i 's/"title" : "quick"/"title" : "full"/' "$work/report/bench.json"
echo "unshuffle 1 µs" >"$work/report/kernels.txt"
day=$(sed -n 's/^  "date" : "\(..........\).*/\1/p' "$work/report/bench.json")
keep() { "$kept/scripts/keep-report.py" "$work/report" >/dev/null; }
if keep && keep &&
  [ "$(grep -c "^| $day | .* × | .*\[page\]($day.html)" "$kept/benchmarks/results/README.md")" = 1 ] &&
  [ -s "$kept/benchmarks/results/$day.html" ]; then
  ok "a report is kept by its day, with a row in the index"
else
  failed "a report isn't kept"
fi

expect "a report beside itself has no regressions" 0 "0 more than 1.25 times as long" -- \
  bench --report "$work/report/bench.json" --compare "$work/report/bench.json"
$python - "$work/report/bench.json" "$work/faster.json" <<'PYTHON'
import json
import sys

report = json.load(open(sys.argv[1]))
for part in ("median", "p10", "p90"):
    report["measurements"][0]["seconds"][part] /= 2
json.dump(report, open(sys.argv[2], "w"))
PYTHON
expect "what takes twice as long is named" 3 "slower: one pixel, 1 year, folder, Zarr v3" "2.00 ×" \
  "1 more than 1.25" -- bench --report "$work/report/bench.json" --compare "$work/faster.json"

# One number of one Python route, wrong in its last bit.
cp -r benchmarks/peers "$work/peers"
sed -i 's/^        times\["values"\]/        if kind == "zarr":\n            at = np.flatnonzero(np.isfinite(values))[0]\n            values.flat[at] = np.nextafter(values.flat[at], np.inf)\n&/' \
  "$work/peers/drill_peer.py"
cat >"$work/one.yaml" <<'YAML'
title: one job
stacks:
  - {name: year, firstYear: 2020, years: 1, days: 9, rows: 60, columns: 80, converted: [sea_surface_temperature]}
jobs:
  - {name: one pixel, stack: year, variable: sea_surface_temperature, points: 1}
growth: []
simulated: {latencyMilliseconds: [], megabytesPerSecond: [], jobs: []}
bucket: []
conversion: {stack: year, days: 2, variables: [sea_surface_temperature], repeats: 1}
rounds: 1
secondsPerRoute: 1
YAML
expect "a route with one wrong bit is named, with place and step" 1 "no report, since routes differ" \
  "“one pixel” by xarray on Zarr v3 (folder)" "north, .* east, 2020-01-0" -- \
  bench --config "$work/one.yaml" --to "$work/none" --python "$python" --peers "$work/peers"
[ ! -e "$work/none" ] && ok "and there is no report" || failed "a wrong route leaves a report"
expect "without Python the other routes are measured" 0 -- \
  bench --config "$work/one.yaml" --to "$work/alone"
[ -z "$(ls "$TMPDIR")" ] && ok "nothing is left behind" || failed "left behind: $(ls "$TMPDIR")"
finish
