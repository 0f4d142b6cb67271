#!/usr/bin/env python3
"""Reference sets of pixeldrill and of others, read by each other's readers.

    .venv/bin/python scripts/conformance/refs_check.py PIXELDRILL WORK_FOLDER GRANULES...

Prints one "ok:" line per check and ends with status 1 on the first difference. Values are
compared bit for bit as they are stored, packed, with what netCDF4-python reads.
"""

import base64
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import warnings
import zipfile

import fsspec
import netCDF4
import numpy as np
import xarray as xr

warnings.filterwarnings("ignore")


def ok(text):
    print(f"ok: {text}", flush=True)


def run(*arguments, status=0):
    """Runs pixeldrill; ends with its output if the exit status is another."""
    result = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != status:
        sys.exit(
            f"pixeldrill {' '.join(map(str, arguments))}: status {result.returncode}, "
            f"not {status}\n{result.stdout}{result.stderr}"
        )
    return result.stdout + result.stderr


def check(condition, text):
    if not condition:
        sys.exit(f"DIFFERS: {text}")


def original(path):
    """Name: (dimensions, stored values, attributes), of the root group."""
    variables = {}
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        dataset.set_auto_chartostring(False)
        for name, variable in dataset.variables.items():
            attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
            variables[name] = (variable.dimensions, variable[...], attributes)
    return variables


def open_references(fo, **options):
    return xr.open_dataset(
        "reference://",
        engine="zarr",
        backend_kwargs={"storage_options": {"fo": str(fo)}, "consolidated": False},
        **options,
    )


RAW = {"mask_and_scale": False, "decode_times": False, "decode_coords": False}


def compare_values(found, expected, text):
    found, expected = np.asarray(found), np.asarray(expected)
    check(found.shape == expected.shape, f"{text}: shape {found.shape}, not {expected.shape}")
    check(
        found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("="),
        f"{text}: {found.dtype}, not {expected.dtype}",
    )
    native = [array.astype(array.dtype.newbyteorder("=")).tobytes() for array in (found, expected)]
    check(native[0] == native[1], f"{text}: values")


def compare_raw(dataset, path):
    for name, (dimensions, values, attributes) in original(path).items():
        variable = dataset.variables[name]
        check(variable.dims == dimensions, f"{path} {name}: dimensions {variable.dims}")
        compare_values(variable.values, values, f"{path} {name}")
        for key, value in attributes.items():
            if key == "_FillValue":
                continue
            there = variable.attrs.get(key)
            check(np.array_equal(there, value), f"{path} {name}: {key} is {there}, not {value}")


def compare_decoded(dataset, path):
    """Masks alike and values alike to float rounding: xarray's types depend on attributes'."""
    with xr.open_dataset(path, decode_timedelta=False) as expected:
        for name in expected.variables:
            left, right = expected[name].values, dataset[name].values
            if left.dtype.kind not in "fiu":
                check(np.array_equal(left, right), f"{path} {name}: decoded")
                continue
            check(
                np.array_equal(np.isnan(left.astype("f8")), np.isnan(right.astype("f8"))),
                f"{path} {name}: missing values",
            )
            check(
                np.allclose(left.astype("f8"), right.astype("f8"), rtol=1e-6, equal_nan=True),
                f"{path} {name}: decoded values",
            )


def check_problems(*arguments, sample=50):
    output = run("refs", "--check", "--sample", sample, *arguments)
    check(output.strip().endswith("0 problems"), output)
    return output.strip().splitlines()[-1]


def virtualizarr_store(path):
    from obstore.store import LocalStore
    from virtualizarr.parsers import KerchunkJSONParser

    try:
        from obspec_utils.registry import ObjectStoreRegistry
    except ImportError:
        from virtualizarr.registry import ObjectStoreRegistry
    registry = ObjectStoreRegistry({"file://": LocalStore()})
    return KerchunkJSONParser()(url=f"file://{path}", registry=registry)


def kerchunk_set(path, **options):
    from kerchunk.hdf import SingleHdf5ToZarr

    return SingleHdf5ToZarr(str(path), **options).translate()


def old_style(references):
    """As kerchunk 0.0.5 wrote it: a template for the one URL, indented metadata."""
    urls = {value[0] for value in references["refs"].values() if isinstance(value, list)}
    refs = {}
    for key, value in references["refs"].items():
        if isinstance(value, list):
            value = ["{{u}}", *value[1:]]
        elif key.rsplit("/", 1)[-1].startswith("."):
            value = json.dumps(json.loads(value), indent=4)
        refs[key] = value
    return {"version": 1, "templates": {"u": urls.pop()}, "refs": refs}


def per_granule(granules, folder):
    root = folder / "single"
    run("refs", *granules, "--to", root)
    sets = {path: root / "refs" / f"{path.name}.json" for path in granules}
    for path, file in sets.items():
        json.loads(file.read_text())
        with open_references(file, **RAW) as dataset:
            compare_raw(dataset, path)
        with open_references(file, decode_timedelta=False) as dataset:
            compare_decoded(dataset, path)
    ok(f"{len(sets)} sets hold what netCDF4 reads, opened by fsspec, zarr-python 3 and xarray")
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in sets.values()}
    check("unchanged" in run("refs", *granules, "--to", root), "the second run said nothing")
    check(
        all((file.read_bytes(), file.stat().st_mtime_ns) == b for file, b in before.items()),
        "sets of unchanged granules were written again",
    )
    run("refs", *granules, "--to", folder / "again", "--threads", 1)
    for file, (content, _) in before.items():
        again = folder / "again" / "refs" / file.name
        check(again.read_bytes() == content, f"{file.name}: two runs differ")
    ok("unchanged granules are left alone, and two runs give the same bytes")
    ok(check_problems(root / "refs"))
    return sets


def read_by_virtualizarr(granules, folder):
    root = folder / "virtualizarr"
    run("refs", *granules, "--to", root, "--inline", 0)
    for path in granules:
        file = root / "refs" / f"{path.name}.json"
        store = virtualizarr_store(file)
        with xr.open_zarr(store, consolidated=False, zarr_format=3, **RAW) as dataset:
            for name, (_, values, _) in original(path).items():
                compare_values(dataset[name].values, values, f"VirtualiZarr, {path} {name}")
    ok(f"{len(granules)} sets hold what netCDF4 reads, parsed by VirtualiZarr")


def kerchunk_sets(granules, folder):
    folder = folder / "kerchunk"
    folder.mkdir()
    for path in granules:
        references = kerchunk_set(path, inline_threshold=500)
        text = json.dumps(references)
        (folder / f"{path.name}.json").write_text(text)
        (folder / f"{path.name}.old.json").write_text(json.dumps(old_style(references)))
        flat = json.dumps(references["refs"], indent=2)
        (folder / f"{path.name}.v0.json").write_text(flat)
        with gzip.open(folder / f"{path.name}.gz.json.gz", "wt") as file:
            file.write(text)
    ok("kerchunk's own, 0.0.5-style, version 0, gzip: " + check_problems(folder))


def old_sets(folder):
    """What kerchunk 0.0.5 itself wrote, single and combined."""
    stored = pathlib.Path(__file__).resolve().parents[2] / "Tests/Data/kerchunk-0.0.5"
    folder = folder / "old"
    folder.mkdir()
    for path in stored.glob("*.json"):
        text = path.read_text().replace("DATA/", f"{stored.parent}/")
        (folder / path.name).write_text(text)
    ok("sets by kerchunk 0.0.5, single and combined: " + check_problems(folder))


def combined_by_kerchunk(granules, sets, folder):
    from kerchunk.combine import MultiZarrToZarr

    for title, references in [
        ("kerchunk's sets", [kerchunk_set(path) for path in granules]),
        ("our sets", [json.loads(sets[path].read_text()) for path in granules]),
    ]:
        combined = MultiZarrToZarr(
            references, concat_dims=["time"], identical_dims=["lat", "lon"]
        ).translate()
        file = folder / "combined.json"
        file.write_text(json.dumps(combined))
        with open_references(file, **RAW) as dataset:
            compare_concatenated(dataset, granules, f"{title} combined by kerchunk")
        ok(f"{title} combined by kerchunk: " + check_problems(file))


def compare_concatenated(dataset, granules, text):
    originals = [original(path) for path in granules]
    for name, (dimensions, values, _) in originals[0].items():
        if "time" in dimensions:
            values = np.concatenate([one[name][1] for one in originals])
        if name == "time":
            check(np.array_equal(dataset[name].values, values), f"{text}: time")
        else:
            compare_values(dataset[name].values, values, f"{text}: {name}")


def combined_by_us(granules, folder):
    root = folder / "months"
    run("refs", *granules, "--to", root, "--combine", "month", "--zip", folder / "refs.zip")
    (file,) = (root / "refs").glob("*.json")
    check(file.name.endswith("_a.json"), f"{file.name}: no era letter")
    with open_references(file, **RAW) as dataset:
        compare_concatenated(dataset, granules, "combined by pixeldrill")
    ok(f"{file.name} holds the granules one after the other: " + check_problems(file))
    with zipfile.ZipFile(folder / "refs.zip") as archive:
        check(archive.testzip() is None, "refs.zip: checksums")
        check(archive.read(file.name) == file.read_bytes(), "refs.zip: content")
    file_system = fsspec.filesystem("zip", fo=str(folder / "refs.zip"))
    check(file_system.glob("*.json") == [file.name], "refs.zip: glob")
    ok("the zip file opens in Python: " + check_problems(folder / "refs.zip"))
    squeezed = folder / "others.zip"
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, "imos-data/IMOS/a.json")
        archive.write(file, "imos-data/IMOS/stored.json", zipfile.ZIP_STORED)
    ok("a zip file of Python's is read: " + check_problems(f"{squeezed}::imos-data"))


def refused(granules, folder, expected):
    output = run("refs", *granules, "--to", folder / "refused", "--combine", "month", status=1)
    for text in ["can't be combined", expected]:
        check(text in output, f"“{text}” isn't in: {output}")
    check(not (folder / "refused").exists(), "a refused combine left something")
    ok(f"combining {len(granules)} granules of other packing each is refused: {expected}")


def changed_and_damaged(granules, folder):
    copies = folder / "copies"
    copies.mkdir()
    copy = pathlib.Path(shutil.copy(granules[0], copies))
    root = folder / "changed"
    run("refs", copy, "--to", root)
    file = root / "refs" / f"{copy.name}.json"
    check_problems(file)
    drill = ["drill", file, "--variable", "sst", "--lat", 3, "--lon", 5, "--pinned"]
    check("\n2017-06-06" in run(*drill), "a pinned source that is what it was")
    copy.write_bytes(copy.read_bytes() + b"\0")
    check("has changed since" in run(*drill, status=1), "a pinned source that changed")
    check("has changed since" in run("refs", "--check", file, status=3), "a changed source")
    text = file.read_text()
    damaged = folder / "damaged.json"
    references = json.loads(text)
    key = next(k for k, v in references["refs"].items() if isinstance(v, list))
    past = json.loads(text)
    past["refs"][key][1] = 10**9
    for title, damage in [
        ("cut off", text[: len(text) // 2]),
        ("a range past the end", json.dumps(past)),
        ("a negative length", json.dumps(past).replace("1000000000", "-5")),
    ]:
        damaged.write_text(damage)
        run("refs", "--check", "--sample", 1000, damaged, status=3)
    copy.unlink()
    damaged.write_text(text)
    check("is gone" in run("refs", "--check", damaged, status=3), "a source that is gone")
    ok("changed and missing sources and damaged sets are noticed")


def constant_packing(folder):
    """Three days on one grid and with one packing, chunked, in HDF5 and in NetCDF-3."""
    random = np.random.default_rng(11)
    granules = {"NETCDF4": [], "NETCDF3_CLASSIC": []}
    for format, paths in granules.items():
        for day in range(3):
            path = folder / f"2017060{day + 5}120000-{format}.nc"
            with netCDF4.Dataset(path, "w", format=format) as dataset:
                dataset.createDimension("time", None)
                dataset.createDimension("lat", 60)
                dataset.createDimension("lon", 100)
                dataset.day = f"{day}"
                dataset.source = "made up"
                time = dataset.createVariable("time", "i4", ("time",))
                time.units = "seconds since 1981-01-01 00:00:00"
                time[:] = [1_149_600_000 + 86_400 * day]
                for name, values in [("lat", np.arange(60)), ("lon", np.arange(100))]:
                    variable = dataset.createVariable(name, "f4", (name,))
                    variable.units = "degrees_north" if name == "lat" else "degrees_east"
                    variable[:] = values
                options = dict(chunksizes=(1, 32, 40), zlib=True, fletcher32=day == 1)
                for name, type, fill in [("sst", "i2", -32768), ("flags", "i1", None)]:
                    variable = dataset.createVariable(
                        name, type, ("time", "lat", "lon"), fill_value=fill,
                        **(options if format == "NETCDF4" else {}),
                    )
                    variable.set_auto_maskandscale(False)
                    if name == "sst":
                        variable.scale_factor = np.float32(0.01)
                        variable.add_offset = np.float64(273.15)
                    variable[:] = random.integers(-100, 100, (1, 60, 100))
                    if name == "sst":
                        variable[:, :32, :40] = fill
            paths.append(path)
    return granules


def main():
    folder = pathlib.Path(sys.argv[2]).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    granules = [pathlib.Path(path).resolve() for path in sys.argv[3:]]
    sample = folder / "sample"
    run("sample", sample, "--days", 6, "--lat", 60, "--lon", 80)
    stack = sorted(sample.glob("*.nc"))
    made = constant_packing(folder)
    # The one with checksums is another era, and kerchunk leaves its variables out.
    alike = [path for path in made["NETCDF4"] if "0606" not in path.name]

    everything = granules + stack + made["NETCDF4"] + made["NETCDF3_CLASSIC"]
    sets = per_granule(everything, folder)
    read_by_virtualizarr(granules + stack[:2] + made["NETCDF4"], folder)
    kerchunk_sets(granules + stack[:2] + made["NETCDF4"], folder)
    old_sets(folder)
    combined_by_kerchunk(alike, sets, folder)
    combined_by_us(made["NETCDF3_CLASSIC"], folder)
    if granules:
        refused(granules, folder, "sea_surface_temperature: up to 0.139 kelvin")
    refused(stack, folder, "sea_surface_temperature: up to")
    changed_and_damaged(alike, folder)


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv[1]).resolve())
    main()
