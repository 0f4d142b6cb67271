"""Converts one stack by pixeldrill and by Python, in turns in one run, and prints them side by side.

    .venv/bin/python benchmarks/conversion/compare.py GRANULES [--same-packing] [--cold] [--repeats 5]

GRANULES is a folder, as `pixeldrill sample granules --days 120 --lat 1500 --lon 2000` makes it. With
--same-packing all granules get the packing of the first (in a copy), so that integers are kept; then
tuned_python.py runs, too, if libdeflate is there for Python (PyPI `deflate`). Decoded bytes are those of
the source's numbers, for all. CPU seconds include child processes. --cold drops the granules from the
page cache before each run.
"""
import argparse
import glob
import importlib.util
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("granules")
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument(
    "--variables", default="sea_surface_temperature,sses_bias,dt_analysis,quality_level")
parser.add_argument("--binary", default=".build/release/pixeldrill")
parser.add_argument("--same-packing", action="store_true")
parser.add_argument("--cold", action="store_true")
parser.add_argument("--skip", default="", help="peers to leave out: xarray,prototype,tuned")
arguments = parser.parse_args()
names = arguments.variables.split(",")
scratch = tempfile.mkdtemp(prefix="pixeldrill-compare-", dir=os.environ.get("TMPDIR", "/var/tmp"))


def give_same_packing(files):
    packing = {}
    for file in files:
        with h5py.File(file, "r+") as granule:
            for name, variable in granule.items():
                for key in ("scale_factor", "add_offset"):
                    if key in variable.attrs:
                        first = packing.setdefault((name, key), variable.attrs[key])
                        variable.attrs.modify(key, first)


def run(command):
    """Wall seconds, CPU seconds and peak resident bytes of a command."""
    if arguments.cold:
        os.sync()
        for file in files:
            handle = os.open(file, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command[:2])} failed:\n{errors.decode()[-2000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def size(folder):
    return sum(
        os.path.getsize(os.path.join(at, name)) for at, _, files in os.walk(folder) for name in files)


try:
    granules = arguments.granules
    if arguments.same_packing:
        granules = shutil.copytree(granules, f"{scratch}/granules")
        give_same_packing(sorted(glob.glob(f"{granules}/*.nc")))
    files = sorted(glob.glob(f"{granules}/*.nc"))
    with h5py.File(files[0]) as granule:
        rows, columns = granule[names[0]].shape[-2:]
        decoded = len(files) * sum(
            granule[name].dtype.itemsize * int(np.prod(granule[name].shape)) for name in names)
    shard = [str(min(750, rows)), str(min(1000, columns))]
    target = f"{scratch}/target"
    peers = f"{here}/../peers"
    variables = ",".join(names)
    commands = {
        "pixeldrill": [
            arguments.binary, "convert", granules, "--to", target, "--variables", variables, "--chunk",
            "25x25", "--shard", "x".join(shard), "--codec", "blosc:zstd:1:shuffle"],
        "xarray": [
            sys.executable, f"{peers}/xarray_to_zarr.py", f"{granules}/*.nc", target, variables, "25",
            *shard],
        "prototype": [
            sys.executable, f"{peers}/prototype_to_zarr.py", f"{granules}/*.nc", target, variables],
    }
    if arguments.same_packing:
        commands["xarray"].append("packed")
        if importlib.util.find_spec("deflate"):
            commands["tuned"] = [
                sys.executable, f"{peers}/tuned_python.py", granules, target, variables, "25", *shard,
                str(os.cpu_count())]
    for name in filter(None, arguments.skip.split(",")):
        commands.pop(name, None)
    results = {name: [] for name in commands}
    sizes = {}
    for _ in range(arguments.repeats):
        for name, command in commands.items():
            shutil.rmtree(target, ignore_errors=True)
            results[name].append(run(command))
            sizes[name] = size(f"{target}/zarrs" if name == "pixeldrill" else target)
finally:
    shutil.rmtree(scratch, ignore_errors=True)

print(f"{len(files)} granules of {rows}x{columns}, {len(names)} variables, {decoded / 1e6:.0f} MB decoded, "
      f"{'one packing' if arguments.same_packing else 'packing as it is'}, "
      f"{'cold' if arguments.cold else 'warm'}; {os.cpu_count()} cores, {platform.machine()}, "
      f"load {os.getloadavg()[0]:.1f}; medians of {arguments.repeats}")
print(f"{'':12}{'wall s':>8}{'MB/s':>8}{'CPU s':>8}{'MB/CPU-s':>10}{'busy %':>8}{'peak MiB':>10}"
      f"{'stored MB':>11}{'times wall':>12}{'times CPU':>11}")
own = [statistics.median(run[i] for run in results["pixeldrill"]) for i in range(2)]
for name, runs in results.items():
    wall, cpu, peak = (statistics.median(run[i] for run in runs) for i in range(3))
    print(f"{name:12}{wall:8.2f}{decoded / wall / 1e6:8.0f}{cpu:8.2f}{decoded / cpu / 1e6:10.0f}"
          f"{100 * cpu / wall / os.cpu_count():8.0f}{peak / 2**20:10.0f}{sizes[name] / 1e6:11.1f}"
          f"{wall / own[0]:12.1f}{cpu / own[1]:11.1f}")
