"""How a conversion grows with days and with variables.

    .venv/bin/python benchmarks/conversion/growth.py GRANULES [--days 30,60,120,240,353] [--repeats 3]

GRANULES is a folder of one year, as `pixeldrill sample` makes it. Converts the first days of one
variable, and prints each time beside what the largest conversion makes one expect of a straight line;
then each variable alone and all together, which should take as long as the sum.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("granules")
parser.add_argument("--days", default="30,60,120,240,353")
parser.add_argument(
    "--variables", default="sses_bias,dt_analysis,satellite_zenith_angle,wind_speed")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--binary", default=".build/release/pixeldrill")
arguments = parser.parse_args()
files = sorted(glob.glob(f"{arguments.granules}/*.nc"))
names = arguments.variables.split(",")
scratch = tempfile.mkdtemp(prefix="pixeldrill-growth-", dir=os.environ.get("TMPDIR", "/var/tmp"))


def convert(days, variables):
    """Median wall and CPU seconds, and the largest peak in MiB."""
    runs = []
    for _ in range(arguments.repeats):
        shutil.rmtree(f"{scratch}/root", ignore_errors=True)
        start = time.monotonic()
        process = subprocess.Popen(
            [arguments.binary, "convert", *files[:days], "--to", f"{scratch}/root", "--variables",
             ",".join(variables)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(errors.decode()[-2000:])
        runs.append((time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return (*(statistics.median(run[i] for run in runs) for i in range(2)), max(run[2] for run in runs))


def row(name, result, shares):
    (wall, cpu, peak), (wall_share, cpu_share) = result, shares
    print(f"{name:26}{wall:9.2f}{wall_share:11.2f}{cpu:9.2f}{cpu_share:11.2f}{peak:10.0f}", flush=True)


try:
    print(f"{'':26}{'wall s':>9}{'of linear':>11}{'CPU s':>9}{'of linear':>11}{'peak MiB':>10}")
    days = [min(int(count), len(files)) for count in arguments.days.split(",")]
    results = [convert(count, names[:1]) for count in days]
    for count, result in zip(days, results):
        row(f"{count} days", result,
            [result[i] / results[-1][i] * days[-1] / count for i in range(2)])
    alone = [convert(len(files), [name]) for name in names]
    for name, result in zip(names, alone):
        row(name, result, (1, 1))
    together = convert(len(files), names)
    row("all together", together, [together[i] / sum(one[i] for one in alone) for i in range(2)])
finally:
    shutil.rmtree(scratch, ignore_errors=True)
