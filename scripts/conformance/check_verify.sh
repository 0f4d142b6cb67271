#!/bin/bash
# Has `verify` look at clean stores, which it must pass, and at stores that were harmed in one
# place each, which it must name.
set -uo pipefail
cd "$(dirname "$0")/../.."
. scripts/conformance/checks.sh

harm="$python scripts/conformance/verify_damage.py"

# Clean stores: real stacks in both formats, and granules that differ in all that may differ.
$python scripts/conformance/edge_stacks.py "$work/edges" >/dev/null
clean=0
passes() {
  run convert "$1" --to "$work/clean" --zarr-format "$2"
  run verify "$work/clean" --all
  [ ! -s "$work/out" ] || failed "verify finds something in the clean store of $1 v$2" "$work/out"
  rm -rf "$work/clean"
  clean=$((clean + 1))
}
data=Tests/Data/stacks
for stack in Tests/Data/ghrsst-l3s $data/gsla $data/radar $data/srs-oc $data/ostia $data/tos \
  $data/modis-9km $data/pathfinder/*01.nc; do
  passes "$stack" 3
  passes "$stack" 2
done
for stack in "$work/edges/converted"/*; do passes "$stack" 3; done
[ "$failures" -gt 0 ] || ok "$clean clean stores of real and made-up stacks pass"

granules=$work/granules
run sample "$granules" --start 2019-12-30 --days 12 --lat 60 --lon 80
some=sea_surface_temperature,quality_level,sst_dtime,sst_count
shapes=(--variables $some --chunk 10x20)
run convert "$granules" --to "$work/v3" "${shapes[@]}" --shard 20x40
run convert "$granules" --to "$work/v2" "${shapes[@]}" --zarr-format 2 --codec zlib
sed "s|: unpack|: {repack: {type: int16, scale_factor: 0.01, add_offset: 280}}|; s|\[granules\]|[$granules]|;
  s|sst_dtime: .*||" pipelines/sample.yaml >"$work/repack.yaml"
run convert --pipeline "$work/repack.yaml" --to "$work/repacked"
for root in v3 v2 repacked; do
  for amount in "--all" "--sample 50 --seed 1" "--percent 3" "--sample 0" "--sizes-only"; do
    # shellcheck disable=SC2086
    expect "a clean store passes: $root $amount" 0 "all is well" -- verify "$work/$root" $amount
  done
done
expect "one year is verified by itself" 0 "^2019: " -- verify "$work/v3" --years 2019
expect "a year that isn't there is said" 1 "no store of 2001" -- \
  verify "$work/v3" --years 2001..2003
expect "nothing to verify is said" 1 "no store" -- verify "$work/none"

# harmed ROOT DAMAGE… : a copy of a store, harmed.
harmed() {
  local root=$1
  shift
  rm -rf "$work/harmed"
  cp -a "$work/$root" "$work/harmed"
  $harm "$1" "$work/harmed" "${@:2}" >"$work/err" 2>&1 || failed "harming: $*" "$work/err"
}

# finds SENTENCE CODE [WORDS]… -- verify's options: in the copy that was harmed.
finds() {
  local words=() sentence=$1 code=$2
  shift 2
  while [ "$1" != -- ]; do words+=("$1") && shift; done
  shift
  expect "$sentence" "$code" "${words[@]}" -- verify "$work/harmed" "$@"
}

# repaired ROOT [CHANGED]: --repair makes the harmed copy what it was, but for a manifest that had
# been altered, and rewrites no more than CHANGED data objects.
repaired() {
  local root=$1 most=${2:-24}
  touch "$work/before"
  expect "  … and repaired" 0 "all is well" -- verify "$work/harmed" --all --repair
  verdict "  … to the same bytes" diff -r "$work/$root" "$work/harmed"
  local changed
  changed=$(find "$work/harmed/zarrs" -newer "$work/before" -path "*/c/*/*/*" | wc -l)
  verdict "  … by making $changed data objects, at most $most" [ "$changed" -le "$most" ]
}

sst=sea_surface_temperature
shard=$sst/c/0/1/0
harmed v3 flip $shard 3000
finds "a flipped bit: object, chunk and place" 3 \
  "^\* zarrs/2020/$shard: its checksum is [0-9a-f]\{8\}, it was written with" \
  "^\* zarrs/2020/$shard: chunk \[0, [23], [01]\], elements [0-9]*..<[0-9]*, [0-9]*..<[0-9]* of all steps" --
finds "a flipped bit, without reading objects" 3 "chunk \[0, [23], [01]\]" -- --sizes-only --all
repaired v3
harmed v3 flip $shard -9
finds "a flipped bit in a shard's index" 3 "$shard: the shard's index doesn't match" --
repaired v3
harmed v2 flip quality_level/0.2.1 40
finds "a flipped bit in Zarr v2" 3 "^\* zarrs/2020/quality_level/0.2.1: its checksum" --
repaired v2
harmed v3 drop $shard
finds "a dropped shard" 4 "^- zarrs/2020/$shard: is gone; the manifest lists it" --
repaired v3
harmed v3 drop-from-manifest $shard
finds "a shard dropped from store and manifest" 3 \
  "^\* zarrs/2020/$shard, 2020-01-0.* of 4800 values .* nan instead of [23]" -- --all
harmed v3 drop $sst/zarr.json
finds "dropped metadata" 4 "^- zarrs/2020/$sst/zarr.json: is gone" --
repaired v3 0
harmed v3 drop zarr.json
finds "dropped root metadata" 4 "^- zarrs/2020/zarr.json: is gone" --
repaired v3 0
harmed v3 truncate $shard 100
finds "a truncated shard" 3 "^\* zarrs/2020/$shard: has [0-9]* bytes instead of [0-9]*" \
  "$shard.*index" --
repaired v3
harmed v3 truncate $shard 100 --hide
finds "a truncated shard that the manifest agrees with" 3 "$shard.*index" --
harmed v3 add $sst/c/0/9/9
finds "an object too many" 3 "^+ zarrs/2020/$sst/c/0/9/9: isn't in the manifest" --
repaired v3 0

for root in v3 v2; do
  harmed $root swap quality_level 2 5
  finds "two swapped days, seen by their objects, $root" 3 "quality_level/.*\(its checksum\|bytes instead\)" \
    "quality_level/.*, 2020-01-03T.*they are those of 2020-01-06T" \
    "quality_level/.*, 2020-01-06T.*they are those of 2020-01-03T" --
  harmed $root swap quality_level 2 5 --hide
  finds "two swapped days that the manifest agrees with, $root" 3 \
    "quality_level/.*, 2020-01-03T.*they are those of 2020-01-06T" \
    "quality_level/.*, 2020-01-06T.*they are those of 2020-01-03T" -- --sample 200 --seed 1
  repaired $root
  harmed $root set-value quality_level 4 33 71 --hide
  finds "one wrong value among all, $root" 3 \
    "quality_level/.*, 2020-01-05T.*: 1 of 4800 values .*at \[4, 33, 71\]: [0-9-]* instead of" -- \
    --all
  harmed $root scale $sst 1.0001 --hide
  finds "values under another scale, $root" 3 "$sst/.*, 2020-01-01T.*values compared aren't" \
    "$sst/.*, 2020-01-10T.*values compared aren't" --
  harmed $root shift-time 24 --hide
  finds "a shifted time, $root" 3 \
    "time/.*2020-01-01T.*: step 0 is at 2020-01-02T15:20:00Z, its granule's at 2020-01-01T15" --
  harmed $root both-attributes quality_level valid_max 6 --hide
  finds "an altered attribute, $root" 3 "quality_level/.*: the attribute valid_max is 6, .* has 5" --
  harmed $root copied-attribute quality_level valid_max 6 --hide
  finds "an attribute altered in consolidated metadata, $root" 3 \
    "2020/\(zarr.json\|.zmetadata\), quality_level: its copy of .* has another “valid_max”: 6 instead of 5" --
  harmed $root both-attributes $sst scale_factor 0.5 --hide
  finds "a scale factor that should not be, $root" 3 "$sst/.*scale_factor is 0.5, the source has" --
  harmed $root set-value lat 3 --hide
  finds "a wrong coordinate, $root" 3 "lat/.*1 of its values .* at \[3\]: .* instead of" --
done
harmed v3 attribute quality_level valid_max 6
finds "an altered attribute, seen by its object" 3 "quality_level/zarr.json: has" \
  "the attribute valid_max is 6" "its copy of quality_level/zarr.json has another “valid_max”" --
repaired v3 0
harmed v3 global-attribute title '"another"' --hide
finds "an altered global attribute" 3 "2020/zarr.json: the attribute title is “another”, in .* it is" --
# Global attributes and the limits of unpacked values are decided for all granules of the stack: some
# that 2020 would have are another year's to say.
for root in v3 v2; do
  harmed $root drop-global-attribute institution --hide
  finds "a dropped global attribute, $root" 3 \
    "2020/\(zarr.json\|.zmetadata\): the attribute institution is missing, in all .* it is “ABOM”" --
  harmed $root both-attributes $sst valid_min -300 --hide
  finds "a widened valid_min of unpacked values, $root" 3 \
    "$sst/.*: the attribute valid_min is .*-300.*, in no granule" --
  harmed $root both-attributes $sst valid_max 5000 --hide
  finds "a widened valid_max of unpacked values, $root" 3 \
    "$sst/.*: the attribute valid_max is .*5000.*, in no granule" --
  harmed $root drop-attribute $sst valid_max --hide
  finds "a dropped valid_max of unpacked values, $root" 3 \
    "$sst/.*: the attribute valid_max is missing" --
done
harmed v3 drop-global-attribute institution --hide
finds "without reading values, too" 3 "the attribute institution is missing" -- --sizes-only --sample 0
repaired v3 0
harmed v3 garble $sst/zarr.json
finds "garbled metadata" 3 "$sst/zarr.json: has 1 bytes instead of" "no JSON" --
harmed v3 shift-manifest-time 2020-01-03
finds "a time altered in the manifest" 3 "20200103.*the manifest has a step at this time, the granule's" --
harmed v3 set-value lat 3 --hide
finds "a copy of a coordinate that isn't the coordinate" 3 \
  "2020/zarr.json, lat: its copy of lat/c/0 isn't what that object holds" --
harmed v3 remove-manifest
finds "a lost manifest" 4 "^- manifests/2020.json" --
harmed repacked set-value $sst 4 33 71 --hide
finds "a wrong value among repacked ones" 3 "$sst/.*, 2020-01-05T.*at \[4, 33, 71\]: .*instead of" -- --all

# Stores of granules whose packing was altered, said to be of the right ones.
for case in "$sst scale_factor 0.02" "$sst add_offset 280" "quality_level scale_factor 2"; do
  # shellcheck disable=SC2086
  set -- $case
  rm -rf "$work/altered" "$work/harmed"
  $harm altered-granules "$work" "$granules" "$work/altered" "$@" || failed "altering granules"
  run convert "$work/altered" --to "$work/harmed" "${shapes[@]}"
  $harm point-to "$work/harmed" "$granules" || failed "altering the manifest"
  finds "a store made by another $2 of $1" 3 "2020010.*, $1.*: the manifest says $2" \
    "$1/.*\(values compared aren't\|$2 is [0-9.]*, .* has\)" --
done

# Years that decide of each other's metadata.
$harm differing-years "$work" "$granules" "$work/differing" $sst sst_dtime || failed "altering years"
run convert "$work/differing" --to "$work/harmed" "${shapes[@]}"
expect "what another year decides is no finding" 0 "^2020: .*all is well" -- verify "$work/harmed"
for year in 2019 2020; do
  expect "nor of $year alone" 0 "^$year: .*all is well" -- verify "$work/harmed" --years $year
done
$harm both-attributes "$work/harmed" $sst valid_min -300 --hide
finds "but more than that is" 3 "$sst/.*: the attribute valid_min is .*-300.*, in no granule" --
rm "$work/differing"/2019*
finds "without that year's granules it can't be said" 5 \
  "^! zarrs/2020/zarr.json: the attribute institution .*, unless .*differing/2019.*gone" -- --years 2020

# Granules that aren't what they were.
cp -a "$granules" "$work/mine"
run convert "$work/mine" --to "$work/stale" "${shapes[@]}"
harmed stale replace-source quality_level
finds "a replaced granule, and the value that is another now" 3 \
  "mine/20200101.*: the granule was replaced since it was converted: .*before" \
  "quality_level/.*, 2020-01-01T.*: 1 of 4800 values .*at \[0, 3, 4\]" -- --all
harmed stale remove-source
finds "a granule that is gone" 5 "^! .*mine/20200101.*: the granule is gone" --

# What is said for machines.
cat >"$work/report.py" <<'END'
import json, sys
report = json.load(open(f"{sys.argv[1]}/out"))
year = [y for y in report["years"] if y["year"] == 2020][0]
finding = year["findings"][0]
assert finding["status"] == "differs" and finding["variable"] == "quality_level", finding
assert finding["element"] == [4, 33, 71] and finding["time"].startswith("2020-01-05"), finding
assert finding["place"].startswith("zarrs/2020/quality_level/c/"), finding
assert finding["found"] != finding["expected"]
valid = [v for v in year["validity"] if v["variable"] == "sea_surface_temperature"]
assert len(valid) == 9 and all(v["compared"] == 4800 for v in valid)
assert all(v["inStore"] == v["inSource"] for v in valid) and valid[0]["inSource"] > 0
assert year["windows"] == sum(v["compared"] for v in year["validity"]) / 200
END
harmed v3 set-value quality_level 4 33 71 --hide
"$binary" verify "$work/harmed" --all --json >"$work/out" 2>"$work/err"
verdict "--json names the value, and counts valid ones" $python "$work/report.py" "$work"

finish
