"""Converts one stack by pixeldrill and by xarray, in turns, and prints both side by side.

    .venv/bin/python benchmarks/conversion/compare.py GRANULES [--repeats 3] [--variables a,b]

GRANULES is a folder, as `pixeldrill sample granules --days 60 --lat 1500 --lon 2000` makes it.
Decoded bytes are those of the source's numbers, for both. CPU seconds include child processes.
"""
import argparse
import glob
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import netCDF4
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("granules")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument(
    "--variables", default="sea_surface_temperature,sses_bias,dt_analysis,quality_level")
parser.add_argument("--binary", default=".build/release/pixeldrill")
arguments = parser.parse_args()
names = arguments.variables.split(",")
files = sorted(glob.glob(f"{arguments.granules}/*.nc"))
with netCDF4.Dataset(files[0]) as granule:
    rows, columns = granule[names[0]].shape[-2:]
    decoded = len(files) * sum(
        granule[name].dtype.itemsize * int(np.prod(granule[name].shape)) for name in names)
shard = (min(750, rows), min(1000, columns))


def run(command):
    """Wall seconds, CPU seconds and peak resident bytes of a command."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed:\n{errors.decode()[-2000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def size(folder):
    return sum(
        os.path.getsize(os.path.join(at, name)) for at, _, files in os.walk(folder) for name in files)


scratch = tempfile.mkdtemp(prefix="pixeldrill-compare-")
results = {"pixeldrill": [], "xarray": []}
sizes = {}
try:
    for _ in range(arguments.repeats):
        root = f"{scratch}/ours"
        shutil.rmtree(root, ignore_errors=True)
        results["pixeldrill"].append(run([
            arguments.binary, "convert", arguments.granules, "--to", root, "--variables",
            arguments.variables, "--chunk", "25x25", "--shard", f"{shard[0]}x{shard[1]}", "--codec",
            "blosc:zstd:1:shuffle"]))
        sizes["pixeldrill"] = size(f"{root}/zarrs")
        target = f"{scratch}/theirs"
        shutil.rmtree(target, ignore_errors=True)
        results["xarray"].append(run([
            sys.executable, f"{here}/../peers/xarray_to_zarr.py", f"{arguments.granules}/*.nc", target,
            arguments.variables, "25", str(shard[0]), str(shard[1])]))
        sizes["xarray"] = size(target)
finally:
    shutil.rmtree(scratch, ignore_errors=True)

print(f"{len(files)} granules of {rows}x{columns}, {len(names)} variables, "
      f"{decoded / 1e6:.0f} MB decoded; {os.cpu_count()} cores, {platform.machine()}, "
      f"load {os.getloadavg()[0]:.1f}; medians of {arguments.repeats}")
print(f"{'':12}{'wall s':>8}{'MB/s':>8}{'CPU s':>8}{'MB/CPU-s':>10}{'peak MiB':>10}{'stored MB':>11}")
for name, runs in results.items():
    wall, cpu, peak = (statistics.median(run[i] for run in runs) for i in range(3))
    print(f"{name:12}{wall:8.2f}{decoded / wall / 1e6:8.0f}{cpu:8.2f}{decoded / cpu / 1e6:10.0f}"
          f"{peak / 2**20:10.0f}{sizes[name] / 1e6:11.1f}")
ours, theirs = (
    [statistics.median(run[i] for run in results[name]) for i in range(2)]
    for name in ("pixeldrill", "xarray"))
print(f"pixeldrill is {theirs[0] / ours[0]:.1f} times as fast, with {theirs[1] / ours[1]:.1f} times "
      "less CPU")
