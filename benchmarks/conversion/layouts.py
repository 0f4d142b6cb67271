"""Converts one stack as it is stored in several layouts, in turns in one run.

    .venv/bin/python benchmarks/conversion/layouts.py GRANULES [--repeats 3]

GRANULES is a folder, as `pixeldrill sample` makes it. Its granules are copied, with all their numbers
and attributes: in chunks of whole planes, in the archive's small ones (3,600 of a variable), contiguous
without compression, and as NetCDF-3. Decoded bytes are the same for all.
"""
import argparse
import glob
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import netCDF4

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("granules")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument(
    "--variables", default="sea_surface_temperature,sses_bias,dt_analysis,quality_level")
parser.add_argument("--binary", default=".build/release/pixeldrill")
arguments = parser.parse_args()
names = arguments.variables.split(",")
files = sorted(glob.glob(f"{arguments.granules}/*.nc"))
scratch = tempfile.mkdtemp(prefix="pixeldrill-layouts-", dir=os.environ.get("TMPDIR", "/var/tmp"))

with netCDF4.Dataset(files[0]) as granule:
    rows, columns = granule[names[0]].shape[-2:]
LAYOUTS = {
    "as it is": None,
    "whole planes": {"chunksizes": (1, rows, columns), "zlib": True, "complevel": 4},
    "3,600 chunks": {"chunksizes": (1, -(-rows // 60), -(-columns // 60)), "zlib": True, "complevel": 4},
    "contiguous": {"contiguous": True},
    "NetCDF-3": {},
}


def copy(source, target, layout):
    form = "NETCDF3_CLASSIC" if layout == {} else "NETCDF4"
    with netCDF4.Dataset(source) as old, netCDF4.Dataset(target, "w", format=form) as new:
        old.set_auto_maskandscale(False)
        new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
        for name, dimension in old.dimensions.items():
            new.createDimension(name, dimension.size)
        for name, variable in old.variables.items():
            if variable.ndim > 2 and name not in names:
                continue
            attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
            made = new.createVariable(
                name, variable.dtype, variable.dimensions,
                fill_value=attributes.pop("_FillValue", None),
                **(layout if variable.ndim > 2 else {}))
            made.set_auto_maskandscale(False)
            made.setncatts(attributes)
            made[:] = variable[:]


def convert(folder):
    """Wall and CPU seconds, and decoded MB/s."""
    shutil.rmtree(f"{scratch}/root", ignore_errors=True)
    start = time.monotonic()
    process = subprocess.Popen(
        [arguments.binary, "convert", folder, "--to", f"{scratch}/root", "--variables",
         arguments.variables], stderr=subprocess.PIPE, text=True)
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(text[-2000:])
    wall = time.monotonic() - start
    rate = int(re.search(r"(\d+) MB/s decoded", text)[1])
    return wall, usage.ru_utime + usage.ru_stime, rate


try:
    folders = {}
    for name, layout in LAYOUTS.items():
        if layout is None:
            folders[name] = arguments.granules
            continue
        folders[name] = f"{scratch}/{len(folders)}"
        os.mkdir(folders[name])
        for file in files:
            copy(file, f"{folders[name]}/{os.path.basename(file)}", layout)
    runs = {name: [] for name in folders}
    for _ in range(arguments.repeats):
        for name, folder in folders.items():
            runs[name].append(convert(folder))
finally:
    shutil.rmtree(scratch, ignore_errors=True)

print(f"{len(files)} granules of {rows}x{columns}, {len(names)} variables; {os.cpu_count()} cores, "
      f"load {os.getloadavg()[0]:.1f}; medians of {arguments.repeats}")
print(f"{'':16}{'wall s':>8}{'CPU s':>8}{'MB/s':>8}")
for name, values in runs.items():
    wall, cpu, rate = (statistics.median(run[i] for run in values) for i in range(3))
    print(f"{name:16}{wall:8.2f}{cpu:8.2f}{rate:8.0f}")
