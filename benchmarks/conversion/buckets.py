"""Converts one stack from a folder and from a bucket, at several latencies, in turns in one run.

    .venv/bin/python benchmarks/conversion/buckets.py GRANULES ENDPOINT [--repeats 3] [--latency 0,30]

GRANULES is a folder, as `pixeldrill sample` makes it; ENDPOINT a server as `scripts/s3-server.sh up`
starts it. Latencies (milliseconds) are added to every answer by `scripts/fault-proxy.py`, so they are
simulated; 0 is the server without the proxy. Server and proxy run on the same cores as the conversion: their
CPU time is counted apart, and what they leave is all that a conversion can have.
"""
import argparse
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import boto3
import h5py
import numpy as np

here = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("granules", type=pathlib.Path)
parser.add_argument("endpoint")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--latency", default="0,30")
parser.add_argument(
    "--variables", default="sea_surface_temperature,sses_bias,dt_analysis,quality_level")
parser.add_argument("--binary", default=".build/release/pixeldrill")
arguments = parser.parse_args()
names = arguments.variables.split(",")
files = sorted(arguments.granules.glob("*.nc"))
os.environ.setdefault("AWS_ACCESS_KEY_ID", "pixeldrill")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "pixeldrill-secret")
os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
bucket = boto3.resource("s3", endpoint_url=arguments.endpoint).Bucket(f"conversion-{os.getpid()}")


def decoded_bytes():
    with h5py.File(files[0]) as granule:
        return len(files) * sum(
            granule[name].dtype.itemsize * int(np.prod(granule[name].shape)) for name in names)


def machine_seconds():
    """CPU seconds that all programs of this machine have had."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def convert(source, target, endpoint):
    """Wall seconds, the conversion's CPU seconds, and everybody else's."""
    command = [arguments.binary, "convert", source, "--to", target, "--variables", arguments.variables]
    if endpoint:
        command += ["--endpoint-url", endpoint]
    machine, own = machine_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True)
    wall = time.monotonic() - start
    if result.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{result.stderr[-2000:]}")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime - own.ru_utime - own.ru_stime
    return wall, cpu, machine_seconds() - machine - cpu


def start_proxy(latency):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    upstream = arguments.endpoint.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, here.parents[1] / "scripts/fault-proxy.py", "--listen", str(port),
         "--upstream", upstream, "--latency", str(latency / 1000)], stdout=subprocess.DEVNULL)
    time.sleep(1)
    return process, f"http://127.0.0.1:{port}"


proxies = []
folder = tempfile.mkdtemp(prefix="pixeldrill-buckets-", dir=os.environ.get("TMPDIR", "/var/tmp"))
try:
    bucket.create()
    for file in files:
        bucket.upload_file(str(file), f"granules/{file.name}")
    runs = {"folder": (str(arguments.granules), f"{folder}/root", None)}
    for latency in map(float, arguments.latency.split(",")):
        endpoint = arguments.endpoint
        if latency:
            process, endpoint = start_proxy(latency)
            proxies.append(process)
        runs[f"bucket, {latency:g} ms"] = (
            f"s3://{bucket.name}/granules/", f"s3://{bucket.name}/root", endpoint)
    results = {name: [] for name in runs}
    for _ in range(arguments.repeats):
        for name, run in runs.items():
            shutil.rmtree(f"{folder}/root", ignore_errors=True)
            bucket.objects.filter(Prefix="root/").delete()
            results[name].append(convert(*run))
finally:
    for process in proxies:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    bucket.objects.all().delete()
    bucket.delete()

decoded = decoded_bytes()
print(f"{len(files)} granules, {len(names)} variables, {decoded / 1e6:.0f} MB decoded; "
      f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {arguments.repeats}")
print(f"{'':16}{'wall s':>8}{'MB/s':>8}{'CPU s':>8}{'others CPU s':>14}{'of folder':>11}")
first = statistics.median(run[0] for run in results["folder"])
for name, values in results.items():
    wall, cpu, others = (statistics.median(run[i] for run in values) for i in range(3))
    print(f"{name:16}{wall:8.2f}{decoded / wall / 1e6:8.0f}{cpu:8.2f}{others:14.2f}{first / wall:11.2f}")
