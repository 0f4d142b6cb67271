#!/bin/bash
# What convert refuses, and what it leaves behind when it can't finish: exit codes, messages, and
# that nothing half-written opens as a store. Then a conversion larger than its memory.
set -uo pipefail
cd "$(dirname "$0")/../.."
. scripts/conformance/checks.sh

good=$work/granules
run sample "$good" --days 6 --lat 30 --lon 40
variables=sea_surface_temperature,sst_dtime,quality_level
run sample "$work/wide" --days 1 --start 2020-03-01 --lat 30 --lon 50 --variables $variables
to=$work/to
mkdir "$work/empty" "$work/odd"
first=$(find "$good" -name '*.nc' | sort | head -n 1)
third=$(find "$good" -name '*.nc' | sort | sed -n 3p)
third_name=$(basename "$third")

# damaged FOLDER: copies of all granules, links but for the third.
damaged() {
  mkdir "$1"
  ln -s "$good"/*.nc "$1"
  rm "$1/$third_name"
}

# --- Usage.
expect "no input is wrong usage" 2 "Name granules" -- convert --to "$to"
expect "no target is wrong usage" 2 "\-\-to" -- convert "$good"
while read -r option value said; do
  expect "$option $value is wrong usage" 2 "$option" "$said" -- \
    convert "$good" --to "$to" "$option" "$value"
done <<'END'
--zarr-format 4 3
--codec lzma zstd
--codec zstd:99 zstd
--chunk 0x5 25x25
--chunk 5x5x5x25 25x25
--shard ten 750x1000
--years 2012..2010 2010..2012
--years soon 2010
--memory lots 2GiB
--threads 0 1
--variable sea_surface_temperature variables
END
expect "shards in Zarr v2 are wrong usage" 2 "no shards" -- \
  convert "$good" --to "$to" --zarr-format 2 --shard 50x50

# --- Input that can't become a store.
refuses "$to" "an empty folder is refused" 1 "$work/empty" "no granules" -- \
  convert "$work/empty" --to "$to"
refuses "$to" "a file that isn't there is refused by name" 1 "nowhere.nc" -- \
  convert "$work/nowhere.nc" --to "$to"
refuses "$to" "an unknown variable is refused, with those known" 1 "no granule has sst" \
  "sea_surface_temperature" -- convert "$good" --to "$to" --variables sst
refuses "$to" "years without granules are refused" 1 "1990..1991" -- \
  convert "$good" --to "$to" --years 1990..1991
refuses "$to" "granules on two grids are refused, each with a file" 1 "2 grids" "lon 40" "lon 50" \
  "$work/wide" -- convert "$good" "$work/wide" --to "$to"
refuses "$to" "times that occur twice are refused with both files" 1 "twice" \
  "pathfinder-unsigned-20030101.nc" "pathfinder-unsigned-20030102.nc" -- \
  convert Tests/Data/stacks/pathfinder --to "$to"
damaged "$work/products"
cp "$third" "$work/products"
$python - "$work/products/$third_name" <<'END'
import netCDF4, sys
with netCDF4.Dataset(sys.argv[1], "a") as granule:
    granule.title = granule.title.replace("Nighttime", "Daytime")
END
refuses "$to" "day and night granules are refused, each with a file" 1 "2 products" "Daytime" \
  "Nighttime" "$third_name" -- convert "$work/products" --to "$to"
refuses "$to" "too little memory is refused, with the number needed" 1 "at least [0-9.]* MiB" \
  "give it [0-9.]* MiB" -- convert "$good" --to "$to" --memory 1MiB
needed=$(sed -n 's/.*give it \([0-9.]*\) MiB.*/\1MiB/p' "$work/err")
echo file >"$work/file"
refuses "$work/none" "a target that is a file is refused by name" 1 "$work/file" -- \
  convert "$good" --to "$work/file"

# --- Output that nobody takes.
deaf() { "$binary" convert "$good" --to "$work/deaf" 2>&1 | head -c 10 && return "${PIPESTATUS[0]}"; }
verdict "notes that nobody reads any more are no error" deaf
full() { ! "$binary" scan "$good" >/dev/full 2>"$work/err" && grep -q "No space" "$work/err"; }
verdict "data that can't be written are one" full

# --- Granules that can't be read.
damaged "$work/unreadable"
echo "this is no NetCDF" >"$work/unreadable/$third_name"
refuses "$to" "an unreadable granule is refused by name" 1 "$third_name" "skip-bad" -- \
  convert "$work/unreadable" --to "$to"
damaged "$work/truncated"
head -c 20000 "$third" >"$work/truncated/$third_name"
refuses "$to" "a truncated granule is refused by name" 1 "$third_name" -- \
  convert "$work/truncated" --to "$to"
mkdir "$work/classic"
cp Tests/Data/stacks/ostia/*.nc "$work/classic"
classic=$(find "$work/classic" -name '*0606*')
head -c 20000 "$classic" >"$work/part" && mv "$work/part" "$classic"
refuses "$to" "a truncated NetCDF-3 granule is refused by name" 1 "$(basename "$classic")" -- \
  convert "$work/classic" --to "$to"
damaged "$work/flipped"
cp "$third" "$work/flipped"
$python - "$work/flipped/$third_name" <<'END'
import h5py, sys
with h5py.File(sys.argv[1]) as granule:
    dataset = granule["sea_surface_temperature"].id
    chunk = max((dataset.get_chunk_info(i) for i in range(dataset.get_num_chunks())),
                key=lambda chunk: chunk.size)
with open(sys.argv[1], "r+b") as file:
    file.seek(chunk.byte_offset + chunk.size // 2)
    old = file.read(16)
    file.seek(-16, 1)
    file.write(bytes(byte ^ 0x5A for byte in old))
END
refuses "$to" "flipped bits in a chunk are refused with file and variable" 1 "$third_name" \
  sea_surface_temperature -- convert "$work/flipped" --to "$to"

# skip_bad WHAT FOLDER JUDGED…: the rest is converted, and judged.
skip_bad() {
  local what=$1 folder=$2
  shift 2
  rm -rf "$to"
  expect "--skip-bad leaves out $what: exit code 3, and its name" 3 "left out.*$third_name" -- \
    convert "$folder" --to "$to" --skip-bad --variables $variables
  $judge "$to" "$@" --variables $variables --name "without $what" || failures=$((failures + 1))
  rm -rf "$to"
}
others=()
for granule in "$good"/*.nc; do [ "$granule" = "$third" ] || others+=("$granule"); done
skip_bad "an unreadable granule" "$work/unreadable" "${others[@]}"
skip_bad "a granule with flipped bits" "$work/flipped" "${others[@]}" "$third" --left-out "$third"

# All odd files at once: some kill the C libraries, and each costs itself alone.
odd=(Tests/Data/odd-*/*.{nc,nc4,nc5,h5,hdf5})
expect "scan gets over ${#odd[@]} odd files" 3 -- scan "${odd[@]}" --json
cat >"$work/odd.py" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
reasons = {entry["location"]: entry["reason"] for entry in report["quarantined"]}
assert report["granules"] + len(reasons) == len(sys.argv) - 2, report["granules"]
assert all(reasons.values()) and set(reasons) <= set(sys.argv[2:]), reasons
END
verdict "and says of each that can't be used why" $python "$work/odd.py" "$work/out" "${odd[@]}"

# --- Pipelines.
cat >"$work/wrong.yaml" <<END
product: wrong
inputs: [$good]
varaibles:
  quality_level: keep
END
refuses "$to" "a wrong key is refused with line and nearest key" 1 "wrong.yaml:3" "varaibles" \
  "did you mean .variables" -- convert --pipeline "$work/wrong.yaml" --to "$to"
sed 's/varaibles/variables/; s/keep/kepe/' "$work/wrong.yaml" >"$work/policy.yaml"
refuses "$to" "a wrong policy is refused with line and nearest one" 1 "policy.yaml:4" \
  "did you mean .keep" -- convert --pipeline "$work/policy.yaml" --to "$to"
sed 's/varaibles/variables/; s/quality_level/sst_dtime/' "$work/wrong.yaml" >"$work/keep.yaml"
refuses "$to" "keeping integers whose packing differs is refused" 1 "sst_dtime" \
  "packing differs" -- convert --pipeline "$work/keep.yaml" --to "$to"
printf 'product: pathfinder\ninputs: [Tests/Data/stacks/pathfinder]\nduplicates: last\n' \
  >"$work/last.yaml"
expect "a pipeline may say which duplicate wins" 0 -- convert --pipeline "$work/last.yaml" --to "$to"
$judge "$to" Tests/Data/stacks/pathfinder/*.nc --duplicates last --name "the last duplicate" ||
  failures=$((failures + 1))
rm -rf "$to"

# --- Targets.
run convert "$first" --to "$to"
before=$(tree_digest "$to")
expect "a store made otherwise is refused by name" 1 "$to/zarrs/2020 was made otherwise" \
  "\-\-chunk was advised, is 7x9" "\-\-fresh" -- convert "$first" --to "$to" --chunk 7x9
verdict "and left as it was" [ "$before" = "$(tree_digest "$to")" ]
expect "--fresh replaces it" 0 "zarrs/2020" -- convert "$first" --to "$to" --chunk 7x9 --fresh
verdict "with another one" [ "$before" != "$(tree_digest "$to")" ]
rm -rf "$to"

mkdir "$work/readonly"
chmod 755 "$work" && chmod 555 "$work/readonly"
if [ "$(id -u)" != 0 ]; then
  refuses "$work/readonly" "a read-only target is refused by name" 1 "readonly" \
    "[Pp]ermission" -- convert "$good" --to "$work/readonly"
elif command -v setpriv >/dev/null; then
  cp "$binary" "$work/pixeldrill" && chmod -R a+rX "$good" "$work/pixeldrill"
  saved=$binary
  printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups %s "$@"\n' \
    "$work/pixeldrill" >"$work/as-nobody" && chmod 755 "$work/as-nobody"
  binary=$work/as-nobody
  refuses "$work/readonly" "a read-only target is refused by name" 1 "readonly" \
    "[Pp]ermission" -- convert "$good" --to "$work/readonly"
  binary=$saved
else
  skipped "a read-only target: this is root, and there is no setpriv"
fi

# --- A conversion larger than its memory: 172 MiB of numbers, 20 MiB of objects.
large=$work/large
run sample "$large" --start 2020-03-01 --days 16 --lat 1500 --lon 2000 --variables sst_dtime
expect "the larger stack needs more memory" 1 "give it" -- convert "$large" --to "$to" --memory 1MiB
needed=$(sed -n 's/.*give it \([0-9]*\)[0-9.]* MiB.*/\1/p' "$work/err")
$python - "$needed" "$binary" convert "$large" --to "$to" --memory "${needed}MiB" --threads 2 \
  >"$work/out" 2>&1 <<'END'
import re, resource, subprocess, sys
budget, *command = sys.argv[1:]
run = subprocess.run(command, capture_output=True, text=True)
print(run.stderr)
assert run.returncode == 0, run.returncode
outside = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
said = float(re.search(r"peak memory ([\d.]+) MiB", run.stderr)[1])
spilled = float(re.search(r"([\d.]+) MiB spilled", run.stderr)[1])
decoded = float(re.search(r"([\d.]+) MiB decoded", run.stderr)[1])
print(f"{decoded} MiB with --memory {budget}MiB: peak {outside:.1f} MiB, {said} by its own account, "
      f"{spilled} spilled")
assert decoded >= 3 * int(budget), "not larger than memory"
assert spilled > 0, "nothing was spilled"
assert outside <= int(budget) + 64, "over the budget"
assert abs(outside - said) < 8, "the summary says something else"
END
code=$?
if [ $code = 0 ]; then ok "$(tail -n 1 "$work/out")"; else failed "memory" "$work/out"; fi
$judge "$to" "$large"/*.nc --name "larger than memory" || failures=$((failures + 1))
whole=$(tree_digest "$to/zarrs")
rm -rf "$to"

# --- The same in a control group, which kills what takes too much.
# grouped MIB SENTENCE CODE [WORDS]… -- ARGUMENTS…: like expect, in a group of so many MiB.
grouped() {
  local mib=$1 pixeldrill=$binary
  shift
  printf '#!/bin/bash\nexec %q %q %q %q "$@"\n' "$python" scripts/conformance/control_group.py \
    $((mib << 20)) "$pixeldrill" >"$work/grouped"
  chmod +x "$work/grouped"
  binary=$work/grouped
  expect "$@"
  binary=$pixeldrill
}
if said=$($python scripts/conformance/control_group.py $((64 << 20)) true); then
  verdict "a control group kills what takes more than it allows" grep -q "were killed" <($python \
    scripts/conformance/control_group.py $((64 << 20)) $python -c "bytearray(128 << 20)")
  grouped $((needed + 64)) "one of --memory and 64 MiB kills nothing" 0 "spilled" -- \
    convert "$large" --to "$to" --memory "${needed}MiB" --threads 2
  verdict "  … and the bytes are the same" [ "$(tree_digest "$to/zarrs")" = "$whole" ]
  rm -rf "$to"
  grouped $((needed + 64)) "a control group that allows less than --memory makes that smaller" 0 \
    "the control group allows $((needed + 64)) MiB, so --memory is $needed MiB" -- \
    convert "$large" --to "$to" --threads 2
  verdict "  … and the bytes are the same" [ "$(tree_digest "$to/zarrs")" = "$whole" ]
  rm -rf "$to"
  grouped 60 "a control group without room for anything is said, with its size" 1 \
    "the control group allows 60 MiB" -- convert "$large" --to "$to"
else
  skipped "a control group: $said"
fi

# --- A full disk.
mkdir "$work/disk"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=8m none "$work/disk" 2>/dev/null; then
  trap 'umount "$work/disk"; rm -rf "$work"' EXIT
  refuses "$work/disk" "a full disk is an error that names the file" 1 "$work/disk" \
    "[Nn]o space" -- convert "$large" --to "$work/disk/root"
  verdict "and leaves no part of an object" \
    [ -z "$(find "$work/disk" -type f -name '.*' 2>/dev/null)" ]
  rm -rf "$work/disk/root"
  head -c 7M /dev/zero >"$work/disk/filler"
  TMPDIR=$work/disk refuses "$to" "a full scratch disk is an error" 1 "[Nn]o space" -- \
    convert "$large" --to "$to" --memory "${needed}MiB" --threads 2
else
  skipped "a full disk: it takes root, and a mount"
fi

finish
