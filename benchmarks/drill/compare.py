#!/usr/bin/env python3
"""One pixel, one year, the same chunks: pixeldrill, xarray with zarr-python, Open-Meteo's OM files.

    compare.py PIXELDRILL DRILL_BENCH ROOT VARIABLE WORK [COUNT]

ROOT/zarrs has one year, converted by pixeldrill. Two OM files in WORK are written of the same values,
in the same chunks and in chunks of 25 x 25, which are 450 kB of the two bytes that OM keeps of a
value. All read the same random pixels one after the other, opened before and warm; each reader has
read every pixel once before it is timed. Prints JSON; needs omfiles, xarray, zarr.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
import omfiles
import xarray as xr

warnings.filterwarnings("ignore")
binary, bench, root, name, work = sys.argv[1:6]
count = int(sys.argv[6]) if len(sys.argv) > 6 else 200
work = pathlib.Path(work)
work.mkdir(parents=True, exist_ok=True)
store = max(pathlib.Path(root, "zarrs").iterdir(), key=lambda p: len(list(p.rglob("*"))))
dataset = xr.open_zarr(store, consolidated=True, chunks=None)
array = dataset[name]
rng = np.random.default_rng(1)
pixels = [(int(rng.integers(array.shape[1])), int(rng.integers(array.shape[2]))) for _ in range(count)]
points = work / "pixels.csv"
with open(points, "w") as file:
    file.write("lat,lon\n")
    for y, x in pixels:
        file.write(f"{float(array.lat[y])},{float(array.lon[x])}\n")


def timed(read):
    for pixel in pixels:
        read(*pixel)
    times = []
    for pixel in pixels:
        start = time.perf_counter()
        read(*pixel)
        times.append((time.perf_counter() - start) * 1000)
    return {"median_ms": statistics.median(times), "mean_ms": statistics.mean(times)}


encoding = array.encoding
chunks = encoding.get("chunks") or encoding["preferred_chunks"]
values = array.values.astype("f4")


def om_file(chunks):
    path = work / f"year-{chunks[1]}x{chunks[2]}.om"
    writer = omfiles.OmFileWriter(str(path))
    # A hundredth, as the packed originals resolve.
    variable = writer.write_array(
        values, chunks=chunks, scale_factor=100.0, add_offset=0.0, compression="pfor_delta_2d"
    )
    writer.close(variable)
    return path


def by_om(path):
    reader = omfiles.OmFileReader(str(path))
    return lambda y, x: reader[:, y, x]


om = om_file(list(chunks))
om_25 = om_file([chunks[0], 25, 25])
# Opened anew, and not cached: the values read above would be found in memory.
array = xr.open_dataset(store, engine="zarr", consolidated=True, cache=False)[name]


def by_xarray(y, x):
    return array[:, y, x].values


result = {
    "store": str(store),
    "shape": list(array.shape),
    "chunks": list(chunks),
    "bytes": {
        "zarr": sum(p.stat().st_size for p in (store / name).rglob("*") if p.is_file()),
        "om": om.stat().st_size,
        "om, chunks of 25 x 25": om_25.stat().st_size,
    },
    "xarray": timed(by_xarray),
    "om": timed(by_om(om)),
    "om, chunks of 25 x 25": timed(by_om(om_25)),
    "pixeldrill": json.loads(
        subprocess.run(
            [bench, "pixels", store, name, points], capture_output=True, check=True, text=True
        ).stdout
    ),
    "pixeldrill, 10 stores at once at 30 ms": json.loads(
        subprocess.run(
            [bench, "network", store, name, points, "10", "30"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    ),
}
y, x = pixels[0]
place = ["--lat", str(float(array.lat[y])), "--lon", str(float(array.lon[x]))]
script = (
    f"import xarray; print(xarray.open_zarr({str(store)!r}, consolidated=True, chunks=None)"
    f"[{name!r}][:, {y}, {x}].to_dataframe().to_csv())"
)


def command(arguments, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(arguments, capture_output=True, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return {"median_ms": statistics.median(times)}


result["command"] = {
    "pixeldrill": command([binary, "drill", str(store), "--variable", name, *place], 21),
    "python": command([sys.executable, "-c", script], 5),
}
print(json.dumps(result, indent=2))
