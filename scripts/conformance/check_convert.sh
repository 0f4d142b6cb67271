#!/bin/bash
# Converts small real stacks and a synthetic one in both formats, with all codecs, and has other
# people's readers compare every value with the granules.
set -uo pipefail
cd "$(dirname "$0")/../.."
. scripts/conformance/checks.sh

cases=$work/cases
: >"$cases"

# convert NAME JUDGE-OPTIONS -- GRANULES -- CONVERT-OPTIONS: converts, and leaves a case to judge.
convert() {
  local name=$1 judged=() granules=()
  shift
  while [ "$1" != -- ]; do judged+=("$1") && shift; done
  shift
  while [ "$1" != -- ]; do granules+=("$1") && shift; done
  shift
  local root=$work/stores/${name// /-}
  run convert "${granules[@]}" --to "$root" "$@"
  printf '%q ' "$root" "${granules[@]}" --name "$name" "${judged[@]}" >>"$cases"
  echo >>"$cases"
}

# Real stacks.
data=Tests/Data/stacks
for stack in Tests/Data/ghrsst-l3s $data/gsla $data/radar $data/srs-oc $data/ostia $data/tos \
  $data/modis-9km $data/pathfinder/*01.nc; do
  name=$(basename "$stack" .nc)
  granules=("$stack")
  [ -f "$stack" ] || granules=("$stack"/*.nc)
  convert "$name v3" -- "${granules[@]}" --
  convert "$name v2 zlib" --codec zlib -- "${granules[@]}" -- --zarr-format 2 --codec zlib
done

# A synthetic stack across a year's end: both layouts, packing that differs, variables that some
# granules don't have. 60 x 80 pixels make ragged chunks of 25 and whole ones of 10.
stack=$work/granules
run sample "$stack" --start 2019-12-20 --days 24 --lat 60 --lon 80
some=sea_surface_temperature,sst_dtime,quality_level,l2p_flags,sst_count
convert "sample v3 auto" --codec blosc -- "$stack"/*.nc --
convert "sample v2 auto" --codec blosc -- "$stack"/*.nc -- --zarr-format 2
while read -r format codec found chunk shard; do
  convert "sample v$format $codec $chunk" --variables $some --codec "$found" --chunk "$chunk" -- \
    "$stack"/*.nc -- --zarr-format "$format" --variables $some --codec "$codec" --chunk "$chunk" \
    ${shard:+--shard "$shard"}
done <<'END'
3 gzip gzip 25x25 50x75
3 zstd zstd 10x10
3 none none 7x9
3 blosc:lz4:bitshuffle blosc 60x80
2 zlib zlib 25x25
2 zstd:5 zstd 10x10
2 none none 7x9
2 blosc:lz4 blosc 1x80
END
convert "sample years" --years 2020 --variables $some -- "$stack"/*.nc -- --years 2020 \
  --variables $some

# The pipeline of the sample stack.
(
  mkdir "$work/pipeline" && cp pipelines/sample.yaml "$work/pipeline"
  ln -s "$stack" "$work/pipeline/granules"
  cd "$work/pipeline" && exec "$binary" convert --pipeline sample.yaml
) >"$work/out" 2>&1 || failed "convert --pipeline" "$work/out"
printf '%q ' "$work/pipeline" "$stack"/*.nc --name "pipeline" --chunk 25x25 \
  --variables sea_surface_temperature,sst_dtime,quality_level,l2p_flags \
  --unpack sea_surface_temperature,sst_dtime >>"$cases"
echo >>"$cases"

# Granules that differ in packing, fill values and types.
verdict "stacks whose granules differ are made" $python scripts/conformance/edge_stacks.py \
  "$work/edges"
for edge in "$work/edges/converted"/*; do
  convert "$(basename "$edge") v3" -- "$edge"/*.nc --
done
convert "missing-values-differ v2" -- "$work/edges/converted/missing-values-differ"/*.nc -- \
  --zarr-format 2

$judge --cases <"$cases" || failures=$((failures + 1))

while read -r name said; do
  refuses "$work/none" "$name is refused by name" 1 "$said" "$work/edges/refused/$name\|^error: v" \
    -- convert "$work/edges/refused/$name" --to "$work/none"
done <<'END'
types-differ int16 here and int32 there
signs-differ uint16
a-value-is-the-others-fill equals the fill value
END

# The judge sees one wrong value, and a wrong attribute.
store="$work/stores/sample-v3-gzip-25x25"
spoil() {
  rm -rf "$work/spoiled"
  cp -r "$1" "$work/spoiled"
  $python - "$work/spoiled/zarrs/2020" <<END 2>"$work/err" || failed "spoiling" "$work/err"
import sys, zarr
group = zarr.open_group(sys.argv[1], mode="r+", use_consolidated=False)
$2
END
}
notices() {
  if $judge "$work/spoiled" "$stack"/*.nc --variables $some >"$work/out" 2>&1; then
    failed "the judge notices $1" "$work/out"
  elif grep -q "$2" "$work/out"; then
    ok "the judge notices $1"
  else
    failed "the judge notices $1 as '$2'" "$work/out"
  fi
}
flip='array = group["quality_level"]; block = array[:, :25, :25]; block[3, 4, 5] ^= 1
array[:, :25, :25] = block'
spoil "$store" "$flip"
notices "one wrong value of Zarr v3" "xarray: 2020 quality_level: 1 of .* first at (3, 4, 5)"
spoil "$work/stores/sample-v2-zlib-25x25" "$flip"
notices "one wrong value of Zarr v2" "xarray: 2020 quality_level: 1 of .* first at (3, 4, 5)"
spoil "$store" 'group["quality_level"].attrs["valid_max"] = 6'
notices "a wrong attribute" "quality_level: attribute valid_max: 6 instead of 5"

# The same input gives the same bytes.
for format in 3 2; do
  run convert "$stack" --to "$work/one" --zarr-format $format --threads 1 --memory 40MiB
  run convert "$stack" --to "$work/two" --zarr-format $format --threads 2 --memory 1GiB
  first=$(tree_digest "$work/one") second=$(tree_digest "$work/two")
  verdict "v$format is the same to the byte with other threads and memory" \
    [ "$first" = "$second" ]
  rm -rf "$work/one" "$work/two"
done

# What scan says, as JSON.
run scan "$stack" --json
cp "$work/out" "$work/scan.json"
run scan $data/pathfinder --json
cp "$work/out" "$work/duplicates.json"
cat >"$work/scan.py" <<'END'
import glob, json, sys
report = json.load(open(f"{sys.argv[1]}/scan.json"))
names = sorted(path.rsplit("/", 1)[-1][:8] for path in glob.glob(f"{sys.argv[1]}/granules/*.nc"))
assert report["granules"] == report["steps"] == len(names), report["granules"]
assert report["first"][:10].replace("-", "") == names[0], report["first"]
assert report["last"][:10].replace("-", "") == names[-1], report["last"]
assert sum(gap["missing"] for gap in report["gaps"]) == 24 - len(names) > 0, report["gaps"]
assert report["cadenceSeconds"] == 86400
assert sum(era["granules"] for era in report["eras"]) == len(names), report["eras"]
tiles = {
    tuple(v["tileShape"])
    for era in report["eras"]
    for v in era["variables"]
    if v["name"] == "quality_level"
}
assert len(tiles) == 2, tiles
assert report["varyingPacking"]["sea_surface_temperature"] > 1
assert "quality_level" not in report["varyingPacking"]
assert report["quarantined"] == report["duplicates"] == []
assert len(json.load(open(f"{sys.argv[1]}/duplicates.json"))["duplicates"]) == 1
END
verdict "scan --json lists granules, gaps, eras, packing and duplicates" \
  $python "$work/scan.py" "$work"

finish
