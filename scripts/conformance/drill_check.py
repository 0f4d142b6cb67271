#!/usr/bin/env python3
"""Judges `pixeldrill drill`.

    drill_check.py PIXELDRILL WORK FOLDER_OF_REAL_GRANULES

Makes a sample stack, converts it (Zarr v3 and v2) and makes references of it; then random pixels,
places and boxes must give, from every source, what netCDF4 reads in the granules, decoded granule by
granule. So must the real granules. Each check prints one line; the first difference ends the run.
"""

import csv
import io
import json
import pathlib
import subprocess
import sys

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

binary, work, real = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
binary = str(pathlib.Path(binary).resolve())
VARIABLES = ["sea_surface_temperature", "sst_dtime", "quality_level", "l2p_flags", "sses_bias"]
rng = np.random.default_rng(20261121)


def run(*arguments, code=0):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(
            f"failed: pixeldrill {' '.join(map(str, arguments))} exits {done.returncode}, "
            f"not {code}: {done.stderr[-400:]}"
        )
    return done


def same(got, want, what):
    """Bit for bit; NaN where there is no value."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        sys.exit(f"failed: {what}: {got.shape} values instead of {want.shape}")
    unequal = ~((got == want) | (np.isnan(got) & np.isnan(want)))
    if unequal.any():
        place = np.argwhere(unequal)[0]
        sys.exit(f"failed: {what}: {got[tuple(place)]!r} instead of {want[tuple(place)]!r}")
    return got.size


def decode(variable):
    """[lat, lon] as Double; unpacked in double precision, once rounded to float32 if narrow."""
    variable.set_auto_maskandscale(False)
    stored = variable[0]
    scale, offset = (getattr(variable, name, None) for name in ("scale_factor", "add_offset"))
    values = stored.astype("f8")
    if scale is not None or offset is not None:
        values = values * np.float64(1 if scale is None else scale)
        values = values + np.float64(0 if offset is None else offset)
        if stored.dtype.itemsize <= 2:
            values = values.astype("f4").astype("f8")
    fill = getattr(variable, "_FillValue", None)
    if fill is not None:
        values[stored == fill] = np.nan
    return values


class Stack:
    def __init__(self, folder):
        self.files = sorted(pathlib.Path(folder).glob("*.nc"))
        with netCDF4.Dataset(self.files[0]) as first:
            self.lat, self.lon = first["lat"][:].data, first["lon"][:].data
        self.cubes = {}

    def cube(self, name):
        """[time, lat, lon]; NaN for a granule without the variable."""
        if name not in self.cubes:
            days = []
            for path in self.files:
                with netCDF4.Dataset(path) as file:
                    absent = np.full((len(self.lat), len(self.lon)), np.nan)
                    days.append(decode(file[name]) if name in file.variables else absent)
            self.cubes[name] = np.stack(days)
        return self.cubes[name]


def cells(rows, name):
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def table(text, name, narrow=("sea_surface_temperature", "sses_bias")):
    """Column of a CSV; what float32 prints is read back as float32."""
    values = cells(list(csv.DictReader(io.StringIO(text))), name)
    return values.astype("f4").astype("f8") if name in narrow else values


def pixels(stack, sources, count):
    checked = 0
    for _ in range(count):
        y, x = int(rng.integers(len(stack.lat))), int(rng.integers(len(stack.lon)))
        # Anywhere in the pixel, and any turn of the globe.
        lat = float(stack.lat[y]) + rng.uniform(-0.4, 0.4) * float(abs(stack.lat[1] - stack.lat[0]))
        lon = float(stack.lon[x]) + rng.uniform(-0.4, 0.4) * float(stack.lon[1] - stack.lon[0])
        lon = lon - 360 if lon > 180 or rng.random() < 0.5 else lon
        for source in sources:
            names = [part for name in VARIABLES for part in ("--variable", name)]
            text = run("drill", source, *names, "--lat", lat, "--lon", lon).stdout
            for name in VARIABLES:
                want = stack.cube(name)[:, y, x]
                checked += same(table(text, name), want, f"{source}, {name}, pixel {y},{x}")
    print(f"ok: {checked} values of {count} pixels from {len(sources)} sources")


def places(stack, sources, count):
    chosen = [
        (int(rng.integers(len(stack.lat))), int(rng.integers(len(stack.lon))))
        for _ in range(count)
    ]
    points = work / "points.csv"
    with open(points, "w") as file:
        file.write("id,lat,lon\n")
        for number, (y, x) in enumerate(chosen):
            file.write(f"p{number},{stack.lat[y]},{stack.lon[x]}\n")
    checked = 0
    for source in sources:
        text = run("drill", source, "--variable", VARIABLES[0], "--points", points).stdout
        frame = pd.read_csv(io.StringIO(text), dtype={VARIABLES[0]: "f4"})
        for number, (y, x) in enumerate(chosen):
            got = frame[frame["id"] == f"p{number}"][VARIABLES[0]].to_numpy().astype("f8")
            checked += same(got, stack.cube(VARIABLES[0])[:, y, x], f"{source}, place {number}")
    print(f"ok: {checked} values of {count} places in one table, from {len(sources)} sources")


def boxes(stack, sources, count):
    checked = 0
    name = VARIABLES[0]
    for turn in range(count):
        if turn % 2 and stack.lon.max() > 180:
            x = int(np.searchsorted(stack.lon, 180)) - 2  # across 180 degrees
        else:
            x = int(rng.integers(len(stack.lon) - 5))
        y = int(rng.integers(len(stack.lat) - 4))
        rows, columns = slice(y, y + 4), slice(x, x + 5)
        half_y = abs(float(stack.lat[1]) - float(stack.lat[0])) / 2
        half_x = (float(stack.lon[1]) - float(stack.lon[0])) / 2
        west, east = float(stack.lon[x]) - half_x, float(stack.lon[x + 4]) + half_x
        west, east = (lon - 360 if lon > 180 else lon for lon in (west, east))
        south, north = float(stack.lat[y + 3]) - half_y, float(stack.lat[y]) + half_y
        if south > north:
            south, north = float(stack.lat[y]) - half_y, float(stack.lat[y + 3]) + half_y
        box = f"{max(south, -90)},{west},{min(north, 90)},{east}"
        cube = stack.cube(name)[:, rows, columns]
        quality = stack.cube("quality_level")[:, rows, columns]
        flags = stack.cube("l2p_flags")[:, rows, columns]
        for source in sources:
            text = run("drill", source, "--variable", name, "--box", box).stdout
            want = np.moveaxis(cube.reshape(len(cube), -1), 0, 1).ravel()
            checked += same(table(text, name), want, f"{source}, box {box}")

            text = run(
                "drill", source, "--variable", name, "--box", box,
                "--where", "quality_level>=4", "--clear", "land",
            ).stdout  # fmt: skip
            with np.errstate(invalid="ignore"):
                land = np.where(np.isnan(flags), 0, flags).astype("i8") & 2
            keep = (quality >= 4) & (land == 0) & ~np.isnan(flags)
            kept = np.where(keep, cube, np.nan)
            want = np.moveaxis(kept.reshape(len(cube), -1), 0, 1).ravel()
            checked += same(table(text, name), want, f"{source}, filtered box {box}")

            text = run(
                "drill", source, "--variable", name, "--box", box, "--reduce", "mean"
            ).stdout
            flat = cube.reshape(len(cube), -1)
            counts = (~np.isnan(flat)).sum(axis=1)
            got = table(text, name, narrow=())
            with np.errstate(invalid="ignore"):
                want = np.nansum(flat, axis=1) / counts
            if not np.allclose(got, want, rtol=1e-14, equal_nan=True):
                sys.exit(f"failed: {source}, mean of box {box}")
            checked += same(table(text, f"{name}_count"), counts.astype("f8"), f"{source}, count")
    print(f"ok: {checked} values of {count} boxes, plain, filtered and reduced")


def exports(stack, source):
    y, x = len(stack.lat) // 2, len(stack.lon) // 3
    where = ["--lat", float(stack.lat[y]), "--lon", float(stack.lon[x])]
    names = ["--variable", VARIABLES[0], "--variable", "quality_level"]
    want = stack.cube(VARIABLES[0])[:, y, x]
    for name in ("series.csv", "series.json", "series.nc", "series.svg"):
        run("drill", source, *names, *where, "--output", work / name)
    frame = pd.read_csv(work / "series.csv", parse_dates=["time"], dtype={VARIABLES[0]: "f4"})
    same(frame[VARIABLES[0]].to_numpy().astype("f8"), want, "CSV in pandas")
    with xr.open_dataset(work / "series.nc") as dataset:
        same(dataset[VARIABLES[0]].values[0].astype("f8"), want, "NetCDF in xarray")
        same(
            dataset["quality_level"].values[0].astype("f8"),
            stack.cube("quality_level")[:, y, x],
            "NetCDF in xarray",
        )
        if not (dataset["time"].values == frame["time"].dt.tz_localize(None).to_numpy()).all():
            sys.exit("failed: times of NetCDF and CSV differ")
    print("ok: CSV opens in pandas and NetCDF in xarray, with the same values and times")
    coverage = json.loads((work / "series.json").read_text())
    values = coverage["ranges"][VARIABLES[0]]["values"]
    got = np.array([np.nan if value is None else value for value in values])
    same(got.astype("f4").astype("f8"), want, "CoverageJSON")
    axes = coverage["domain"]["axes"]
    shape = [len(axes[axis]["values"]) for axis in coverage["ranges"][VARIABLES[0]]["axisNames"]]
    if coverage["type"] != "Coverage" or shape != coverage["ranges"][VARIABLES[0]]["shape"]:
        sys.exit("failed: the CoverageJSON contradicts itself")
    try:
        from covjson_pydantic.coverage import Coverage
    except ImportError:
        print("ok: CoverageJSON has the same values (covjson-pydantic isn't here to judge more)")
    else:
        Coverage.model_validate(coverage)
        print("ok: CoverageJSON has the same values and validates")


def refusals(stack, root):
    lat, lon = float(stack.lat[1]), float(stack.lon[1])
    place = ["--lat", lat, "--lon", lon]
    name = ["--variable", VARIABLES[0]]
    cases = [
        (1, "did you mean", [root, "--variable", "sea_surface_temprature", *place]),
        (2, "-90 to 90", [root, *name, "--lat", 95, "--lon", 0]),
        (1, "outside the grid", [root, *name, "--lat", 60, "--lon", lon]),
        (1, "no time step", [root, *name, *place, "--from", 1999, "--until", 1999]),
        (1, "", [work / "nowhere", *name, *place]),
        (2, "", [root, *name]),
    ]
    store = next((root / "zarrs").iterdir())
    shard = next(p for p in (store / VARIABLES[0]).rglob("*") if p.is_file() and "json" not in p.name)
    stored = shard.read_bytes()
    whole = ["--box", "-90,-180,90,180"]
    for word, damage in [
        ("damaged index", stored[:-6] + bytes([stored[-6] ^ 0xFF]) + stored[-5:]),
        ("short shard", stored[: len(stored) // 2]),
        ("empty shard", b""),
    ]:
        shard.write_bytes(damage)
        for arguments in ([root, *name, *whole],):
            refused(1, "", arguments, word)
    shard.unlink()
    refused(1, "manifest lists it", [root, *name, *whole], "lost shard")
    shard.write_bytes(stored)
    metadata = store / "zarr.json"
    text = metadata.read_bytes()
    metadata.unlink()
    refused(1, "finished", [root, *name, *place], "unfinished store")
    metadata.write_bytes(text)
    for code, words, arguments in cases:
        refused(code, words, arguments, words)
    print(f"ok: {len(cases) + 5} bad inputs are refused, and nothing looks like data")


def refused(code, words, arguments, what):
    done = run("drill", *arguments, code=code)
    if done.stdout or words not in done.stderr:
        sys.exit(f"failed: {what}: {done.stdout[:200]!r} {done.stderr[-300:]!r}")


granules, v3, v2 = work / "granules", work / "v3", work / "v2"
run("sample", granules, "--start", "2019-12-20", "--days", 24, "--lat", 60, "--lon", 80)
run("convert", granules, "--to", v3)
run("convert", granules, "--to", v2, "--zarr-format", 2, "--codec", "zlib")
run("refs", granules, "--to", v3)
sample = Stack(granules)
mixed = work / "mixed"
(mixed / "zarrs").mkdir(parents=True)
(mixed / "zarrs" / "2019").symlink_to((v3 / "zarrs" / "2019").resolve())
sources = [v3, v2 / "zarrs", v3 / "refs", granules, f"{v3}/zarrs/{{2019..2020}}"]
pixels(sample, sources, 12)
places(sample, sources, 20)
boxes(sample, sources[:4], 4)
day = VARIABLES[0]
both = ["--variable", day, "--lat", float(sample.lat[30]), "--lon", float(sample.lon[40])]
text = run("drill", mixed / "zarrs", v3 / "refs", *both).stdout
same(table(text, day), sample.cube(day)[:, 30, 40], "a year of Zarr, the rest of references")
print("ok: a year of Zarr and references for the rest make one series")
exports(sample, v3)

real_stack = Stack(real)
run("refs", real, "--to", work / "real")
run("convert", real, "--to", work / "real")
real_sources = [work / "real", work / "real" / "refs", real]
pixels(real_stack, real_sources, 12)
boxes(real_stack, real_sources, 3)
refusals(sample, v3)
