#!/usr/bin/env python3
"""Compare the stores of a conversion with the granules, bit for bit, through other people's readers.

    .venv/bin/python scripts/conformance/convert_check.py ROOT GRANULES...
        [--variables a,b] [--years 2010..2012] [--time TIME] [--unpack a,b] [--chunk 25x25]
        [--codec NAME] [--duplicates first|last] [--left-out GRANULE] [--name TEXT]
    .venv/bin/python scripts/conformance/convert_check.py --cases    # such lines on standard input

What must be there is worked out from GRANULES by netCDF4-python (see value_rule.py). Each store
ROOT/zarrs/<year> is read by xarray with zarr-python 3 (values, dimensions, types, fill values,
decoded times, and all years joined as users do it), by tensorstore, and, if it is Zarr v2, by
zarr-python 2 of .venv-zarr2 and, if its codec is zlib or none, by netcdf-c. Metadata, attributes
and ROOT/manifests are compared too. Prints one line a case; exit status 1 if anything differs or
nothing was compared. --variables, --unpack and --duplicates say what the conversion was asked for;
of the granule --left-out only the header counts.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import warnings

import google_crc32c
import netCDF4
import numpy as np
import tensorstore
import xarray as xr
import zarr

import value_rule

HERE = pathlib.Path(__file__).resolve().parent
ZARR2_PYTHON = HERE.parent.parent / ".venv-zarr2/bin/python"
SHOWN, WIDTH = 8, 600


class Judge:
    def __init__(self):
        self.findings = []
        self.counts = {}

    def __call__(self, holds, finding):
        if not holds:
            self.findings.append(finding)
        return holds

    def equal(self, where, got, want):
        return self(got == want, f"{where}: {got!r} instead of {want!r}")

    def same_bits(self, reader, where, got, want):
        """Counts the values; NaN must be the same NaN, and 0 isn't -0."""
        got = np.asarray(got)
        if not self.equal(f"{reader}: {where}: type", got.dtype.str, want.dtype.str):
            return
        if not self.equal(f"{reader}: {where}: shape", got.shape, want.shape):
            return
        self.counts[reader] = self.counts.get(reader, 0) + want.size
        got_bits = value_rule.bits_of(np.ascontiguousarray(got))
        differs = got_bits != value_rule.bits_of(np.ascontiguousarray(want))
        if differs.any():
            first = tuple(int(i) for i in np.argwhere(differs)[0])
            self.findings.append(
                f"{reader}: {where}: {int(differs.sum())} of {want.size} values differ, "
                f"the first at {first}: {got[first]!r} instead of {want[first]!r}"
            )


class Store:
    """One year's store, its metadata parsed here and by nobody else."""

    def __init__(self, root, year):
        self.folder = pathlib.Path(root) / "zarrs" / str(year)
        self.year = year
        self.format = 3 if (self.folder / "zarr.json").exists() else 2

    def metadata(self, name):
        if self.format == 3:
            return json.loads((self.folder / name / "zarr.json").read_text())
        return json.loads((self.folder / name / ".zarray").read_text())

    def attributes(self, name=""):
        if self.format == 3:
            return json.loads((self.folder / name / "zarr.json").read_text()).get("attributes", {})
        path = self.folder / name / ".zattrs"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def arrays(self):
        mark = "zarr.json" if self.format == 3 else ".zarray"
        return {p.parent.name for p in self.folder.glob(f"*/{mark}")}

    def codec(self, name):
        metadata = self.metadata(name)
        if self.format == 2:
            return (metadata["compressor"] or {"id": "none"})["id"]
        codecs = metadata["codecs"]
        if codecs[0]["name"] == "sharding_indexed":
            codecs = codecs[0]["configuration"]["codecs"]
        return next((c["name"] for c in codecs if c["name"] not in ("bytes", "crc32c")), "none")


def check_time(judge, stack, store, dataset, decoded, steps):
    name = stack.time_name
    if not judge(name in dataset.variables, f"{store.year}: no {name}"):
        return
    stored = dataset[name]
    attributes = store.attributes(name)
    calendar = attributes.get("calendar", "standard").lower()
    first = stack.granules[0]
    want = [step[0] for step in steps]
    got = netCDF4.num2date(
        stored.values, attributes["units"], calendar, only_use_cftime_datetimes=True
    )
    judge.equal(f"{store.year} {name}: moments", list(np.atleast_1d(got)), want)
    judge("_FillValue" not in attributes, f"{store.year} {name}: has a _FillValue")
    if stack.keeps_time_units:
        judge.equal(f"{store.year} {name}: units", attributes["units"], first.time_units)
        kept = np.array([g.time_stored[i] for _, g, i in steps])
        judge.same_bits("xarray", f"{store.year} {name}", stored.values, kept)
    elif attributes["units"] != first.time_units or "bounds" not in attributes:
        judge.equal(f"{store.year} {name}: units", attributes["units"], value_rule.ARCHIVE_UNITS)
        judge.equal(f"{store.year} {name}: type", stored.dtype, np.dtype("i8"))
    if calendar in value_rule.GREGORIAN and want[0].year > 1680:
        want = np.array([np.datetime64(moment.isoformat()) for moment in want])
        got = decoded[name].values.astype("M8[us]")
        # xarray multiplies days that aren't whole by itself, and may differ in the last digit.
        slack = np.timedelta64(0 if stored.dtype.kind == "i" else 1, "us")
        judge(
            len(got) == len(want) and (abs(got - want) <= slack).all(),
            f"{store.year} {name}: decoded by xarray: {got} instead of {want}",
        )
    else:
        got = decoded[name].values
        judge.equal(f"{store.year} {name}: decoded by xarray", list(got), want)
    judge.equal(f"{store.year} {name}: one chunk", zarr_chunks(store, name), [len(steps)])


def zarr_chunks(store, name):
    metadata = store.metadata(name)
    if store.format == 2:
        return metadata["chunks"]
    codec = metadata["codecs"][0]
    if codec["name"] == "sharding_indexed":
        return codec["configuration"]["chunk_shape"]
    return metadata["chunk_grid"]["configuration"]["chunk_shape"]


def check_variable(judge, stack, variable, store, dataset, decoded, want, options):
    name = variable.name
    where = f"{store.year} {name}"
    if not judge(name in dataset.variables, f"{where}: is not in the store"):
        return
    array = dataset[name]
    judge.equal(f"{where}: dimensions", array.dims, variable.dimensions)
    judge.same_bits("xarray", where, array.values, want)
    judge.same_bits("tensorstore", where, read_tensorstore(store, name), want)

    attributes = store.attributes(name)
    fill = array.attrs.get("_FillValue")
    if judge.equal(f"{where}: has a _FillValue", fill is not None, variable.masks_fill):
        if variable.masks_fill:
            judge.same_bits(
                "fill values", where, np.asarray(fill, variable.dtype), np.asarray(variable.fill)
            )
    for left in ("_FillValue", "_ARRAY_DIMENSIONS"):
        attributes.pop(left, None)
    expected = variable.attributes
    for key in sorted(attributes.keys() | expected.keys()):
        got = attributes.get(key, "nothing")
        judge.equal(f"{where}: attribute {key}", got, expected.get(key, "nothing"))
    if variable.masks_fill and variable.dtype.kind in "iu" and "_Unsigned" not in attributes:
        check_decoded(judge, where, decoded[name].values, want, variable, attributes)
    if variable.role == "data":
        if not variable.is_unpacked:
            check_meaning(judge, where, variable, array, stack.steps_of(store.year))
        chunks = zarr_chunks(store, name)
        judge.equal(f"{where}: all time in one chunk", chunks[0], want.shape[0])
        if options.chunk and len(chunks) > 2:
            judge.equal(f"{where}: chunk", chunks[-2:], options.chunk)
    if options.codec:
        judge.equal(f"{where}: codec", store.codec(name), options.codec)


def check_meaning(judge, where, variable, array, steps):
    """Kept numbers mean what they meant: a value stays a value, and the missing is missing."""
    kinds = {packing.packed.kind for packing in variable.packings}
    if "_Unsigned" in array.attrs or len(kinds) > 1:
        unsigned = str(array.attrs.get("_Unsigned", "")).lower() == "true"
        judge.equal(f"{where}: signs", kinds, {"u" if unsigned else variable.dtype.kind})
    masked = [array.attrs[n] for n in ("_FillValue", "missing_value") if n in array.attrs]
    masked = [np.asarray(one, variable.dtype) for many in masked for one in np.ravel(many)]
    got = np.ones(array.shape, bool)
    for one in masked:
        got &= array.values != one if one == one else array.values == array.values
    want = variable.has_value(steps)
    differs = int((got != want).sum())
    judge(not differs, f"{where}: {differs} values are missing that weren't, or the other way round")


def check_decoded(judge, where, got, want, variable, attributes):
    """What users see of kept integers: the fill masked, the rest scaled."""
    missing = want == variable.fill
    if "missing_value" in attributes:
        missing |= np.isin(want, np.asarray(attributes["missing_value"]))
    if got.dtype.kind != "f":
        judge(got.dtype.kind in "mM", f"{where}: decoded to {got.dtype}")
        return
    values = want.astype("f8") * attributes.get("scale_factor", 1.0)
    values = values + attributes.get("add_offset", 0.0)
    judge.equal(f"{where}: masked when decoded", int(np.isnan(got).sum()), int(missing.sum()))
    near = np.isclose(got, values, rtol=1e-6, atol=1e-6) | missing
    judge(near.all(), f"{where}: {int((~near).sum())} decoded values are off")


def read_tensorstore(store, name):
    spec = {
        "driver": "zarr3" if store.format == 3 else "zarr",
        "kvstore": {"driver": "file", "path": str(store.folder.resolve() / name) + "/"},
    }
    return tensorstore.open(spec, read=True, open=True).result().read().result()


def check_netcdf(judge, store, expected):
    """netcdf-c reads zlib and plain v2 stores; it doesn't find scalars there."""
    url = f"file://{store.folder.resolve()}#mode=zarr,file"
    with netCDF4.Dataset(url) as dataset:
        dataset.set_auto_maskandscale(False)
        for name, want in expected.items():
            if want.ndim == 0 or store.codec(name) not in ("zlib", "none"):
                continue
            where = f"{store.year} {name}"
            if judge(name in dataset.variables, f"netcdf-c: {where}: not found"):
                judge.same_bits("netcdf-c", where, dataset[name][...], want)


def check_zarr2(judge, store, folder):
    command = [str(ZARR2_PYTHON), str(HERE / "zarr2_values.py"), str(store.folder), folder]
    run = subprocess.run(command, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    if run.returncode == 0 and lines:
        judge.counts["zarr 2"] = judge.counts.get("zarr 2", 0) + int(lines[-1])
    else:
        judge.findings += [f"zarr 2: {store.year} {line}" for line in lines or [run.stderr]]


def check_store(judge, stack, store, variables, options):
    with warnings.catch_warnings():
        # xarray says that string attributes aren't in the v3 specification, and the like.
        warnings.simplefilter("ignore")
        url = f"{store.folder}/"
        dataset = xr.open_zarr(
            url, mask_and_scale=False, decode_times=False, decode_coords=False, chunks=None
        )
        decoded = xr.open_zarr(url, decode_timedelta=False)
        zarr.open_consolidated(url, mode="r")
    steps = stack.steps_of(store.year)
    present = {stack.time_name} | {v.name for v in variables}
    judge.equal(f"{store.year}: arrays", sorted(store.arrays), sorted(present))
    judge.equal(f"{store.year}: global attributes", store.attributes(), stack.shared_attributes)
    check_time(judge, stack, store, dataset, decoded, steps)
    with tempfile.TemporaryDirectory() as folder:
        expected = {}
        for variable in variables:
            want = variable.values(steps)
            check_variable(judge, stack, variable, store, dataset, decoded, want, options)
            if store.format == 2:
                expected[variable.name] = want
                np.save(f"{folder}/{variable.name}.npy", want)
        if store.format == 2:
            check_netcdf(judge, store, expected)
            check_zarr2(judge, store, folder)


def check_manifest(judge, root, store):
    path = pathlib.Path(root) / "manifests" / f"{store.year}.json"
    if not judge(path.exists(), f"{path} is missing"):
        return
    listed = {o["key"]: o for o in json.loads(path.read_text())["objects"]}
    files = {str(p.relative_to(store.folder)): p for p in store.folder.rglob("*") if p.is_file()}
    judge.equal(f"{store.year}: objects of the manifest", sorted(listed), sorted(files))
    for key in listed.keys() & files.keys():
        data = files[key].read_bytes()
        judge.equal(f"{store.year} {key}: bytes", len(data), listed[key]["byteCount"])
        judge.equal(f"{store.year} {key}: CRC-32C", google_crc32c.value(data), listed[key]["crc32c"])


def check_joined(judge, stack, stores, variables):
    """All years as one dataset, the way users of the archive write it."""
    time = stack.time_dimension or stack.time_name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joined = xr.concat(
            [xr.open_zarr(f"{store.folder}/") for store in stores],
            dim=time,
            data_vars="minimal",
            coords="minimal",
            compat="override",
        )
    steps = [step for store in stores for step in stack.steps_of(store.year)]
    judge.equal("all years: steps", joined.sizes[time], len(steps))
    for variable in variables:
        if variable.role != "data":
            continue
        got = joined[variable.name]
        judge.equal(f"all years: {variable.name}: shape", got.shape[0], len(steps))
        if variable.is_unpacked and got.dtype.kind == "f":
            judge.same_bits("years joined", variable.name, got.values, variable.values(steps))


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root")
    parser.add_argument("granules", nargs="+")
    parser.add_argument("--variables")
    parser.add_argument("--years")
    parser.add_argument("--time")
    parser.add_argument("--unpack", default="")
    parser.add_argument("--left-out")
    parser.add_argument("--duplicates", choices=["first", "last"])
    parser.add_argument("--chunk", type=lambda text: [int(n) for n in text.split("x")])
    parser.add_argument("--codec")
    parser.add_argument("--name", default="stores are as the granules")
    return parser.parse_args(words)


def check(options):
    judge = Judge()
    stack = value_rule.Stack(
        options.granules,
        options.time,
        options.unpack.split(","),
        options.duplicates,
        options.left_out,
    )
    asked = options.variables.split(",") if options.variables else None
    variables = [
        v
        for v in stack.variables.values()
        if asked is None or v.name in asked or v.role == "fixed"
    ]
    years = stack.years
    if options.years:
        low, _, high = options.years.partition("..")
        years = [y for y in years if int(low) <= y <= int(high or low)]
    zarrs = pathlib.Path(options.root, "zarrs")
    folders = sorted(p.name for p in zarrs.iterdir() if p.is_dir()) if zarrs.is_dir() else []
    judge.equal("years", folders, [str(y) for y in years])
    stores = [Store(options.root, year) for year in years if str(year) in folders]
    for store in stores:
        check_manifest(judge, options.root, store)
    try:
        for store in stores:
            check_store(judge, stack, store, variables, options)
        if stores:
            check_joined(judge, stack, stores, variables)
    except Exception as error:  # A store that a reader can't open is a finding like any other.
        judge.findings.append(f"{type(error).__name__}: {error}")

    if judge.findings or not judge.counts:
        for finding in judge.findings[:SHOWN]:
            print(f"differs: {options.name}: {finding[:WIDTH]}", file=sys.stderr)
        more = len(judge.findings) - SHOWN
        if more > 0:
            print(f"differs: {options.name}: and {more} more", file=sys.stderr)
        if not judge.counts:
            print(f"differs: {options.name}: nothing was compared", file=sys.stderr)
        return False
    counts = ", ".join(f"{reader} {count}" for reader, count in judge.counts.items())
    print(
        f"ok: {options.name}: {len(variables)} variables, {len(stores)} stores; values: {counts}",
        flush=True,
    )
    return True


def main():
    if sys.argv[1:] == ["--cases"]:
        cases = [shlex.split(line) for line in sys.stdin if line.strip()]
    else:
        cases = [sys.argv[1:]]
    results = [check(arguments(words)) for words in cases]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
