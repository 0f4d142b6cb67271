#!/usr/bin/env python3
"""Ten years of one pixel from a bucket 30 ms away: stores by pixeldrill and xarray, and references.

    distant.py PIXELDRILL WORK S3_URL [--years 10] [--lat 60 --lon 60] [--pixels 3]

Makes a stack, converts it into the bucket of a server (see scripts/s3-server.sh), puts the granules
there too and makes references to those of the first year. Everything is read through
scripts/fault-proxy.py, which delays each answer and counts requests and bytes. xarray reads the
same stores, opened one by one, and references of one month, opened one by one because the packing
differs. The values must be equal. Prints JSON; needs xarray, zarr, s3fs and boto3.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request
import warnings

import numpy as np
import pandas as pd
import xarray as xr

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
os.environ.update(
    AWS_ACCESS_KEY_ID="pixeldrill", AWS_SECRET_ACCESS_KEY="pixeldrill-secret",
    AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
)  # fmt: skip
NAME = "sea_surface_temperature"
PORT = 7598
NEAR, FAR = None, f"http://127.0.0.1:{PORT}"


def run(*arguments):
    return subprocess.run(
        [options.pixeldrill, *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def counted(read):
    def traffic():
        with urllib.request.urlopen(f"{FAR}/__traffic") as answer:
            return json.loads(answer.read())

    before, start = traffic(), time.perf_counter()
    result = read()
    seconds = time.perf_counter() - start
    after = traffic()
    return result, {"seconds": seconds} | {
        key: after[key] - before.get(key, 0) for key in ("requests", "bytes")
    }


def by_pixeldrill(source, lat, lon):
    text = run("drill", source, "--variable", NAME, "--lat", lat, "--lon", lon,
               "--endpoint-url", FAR)  # fmt: skip
    (options.work / "series.csv").write_text(text)
    return pd.read_csv(options.work / "series.csv", dtype={NAME: "f4"})[NAME].to_numpy()


STORAGE = {"endpoint_url": FAR, "client_kwargs": {"region_name": "us-east-1"}}


def stores_by_xarray(years, lat, lon):
    parts = []
    for year in years:
        dataset = xr.open_zarr(
            f"s3://drill/zarrs/{year}", storage_options=STORAGE, consolidated=True, chunks=None,
            decode_timedelta=False)  # fmt: skip
        parts.append(dataset[NAME].sel(lat=lat, lon=lon, method="nearest").values)
    return np.concatenate(parts)


def references_by_xarray(sets, lat, lon):
    parts = []
    for path in sets:
        with xr.open_dataset(
            "reference://", engine="zarr", decode_timedelta=False,
            backend_kwargs={"consolidated": False, "storage_options": {
                "fo": str(path), "remote_protocol": "s3", "remote_options": STORAGE | {"asynchronous": True}}},
        ) as dataset:  # fmt: skip
            parts.append(dataset[NAME].sel(lat=lat, lon=lon, method="nearest").values)
    return np.concatenate(parts)


def main():
    import boto3

    work = options.work
    granules = work / "granules"
    last = 2010 + options.years - 1
    days = (pd.Timestamp(last + 1, 1, 1) - pd.Timestamp(2010, 1, 1)).days
    if not granules.exists():
        run("sample", granules, "--start", "2010-01-01", "--days", days, "--lat", options.lat,
            "--lon", options.lon, "--variables", f"{NAME},quality_level")  # fmt: skip
    bucket = boto3.resource("s3", endpoint_url=options.s3).Bucket("drill")
    bucket.create()
    run("convert", granules, "--to", "s3://drill", "--endpoint-url", options.s3)
    first = sorted(granules.glob("2010*.nc"))
    for path in first:
        bucket.upload_file(str(path), f"granules/{path.name}")
    run("refs", "s3://drill/granules", "--to", work, "--endpoint-url", options.s3)
    month = sorted((work / "refs").glob("201001*.json"))
    proxy = subprocess.Popen(
        [sys.executable, HERE / "../../scripts/fault-proxy.py", "--listen", str(PORT),
         "--upstream", options.s3.rsplit(":", 1)[1], "--latency", "0.03"],
        stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        time.sleep(1)
        rng = np.random.default_rng(3)
        with xr.open_dataset(first[0]) as dataset:
            lats, lons = dataset["lat"].values, dataset["lon"].values
        years = range(2010, last + 1)
        runs = {}
        for _ in range(options.pixels):
            lat, lon = float(rng.choice(lats)), float(rng.choice(lons))
            ours, count = counted(lambda: by_pixeldrill("s3://drill/zarrs", lat, lon))
            runs.setdefault("pixeldrill, stores", []).append(count)
            theirs, count = counted(lambda: stores_by_xarray(years, lat, lon))
            runs.setdefault("xarray, stores", []).append(count)
            np.testing.assert_array_equal(ours, theirs)
            referenced, count = counted(lambda: by_pixeldrill(work / "refs", lat, lon))
            runs.setdefault("pixeldrill, references, first year", []).append(count)
            np.testing.assert_array_equal(referenced, ours[: len(referenced)])
            theirs, count = counted(lambda: references_by_xarray(month, lat, lon))
            runs.setdefault(f"xarray, references, {len(month)} granules", []).append(count)
            np.testing.assert_allclose(theirs, ours[: len(theirs)], rtol=1e-6)
    finally:
        proxy.terminate()
        proxy.wait()
        bucket.objects.delete()
        bucket.delete()
    print(json.dumps({
        "years": options.years, "steps": int(len(ours)), "granules of the first year": len(first),
        "median": {name: {key: statistics.median(run[key] for run in runs)
                          for key in runs[0]} for name, runs in runs.items()},
        "largest bytes a store": max(run["bytes"] for run in runs["pixeldrill, stores"])
        / options.years,
    }, indent=2))  # fmt: skip


parser = argparse.ArgumentParser()
parser.add_argument("pixeldrill", type=lambda path: str(pathlib.Path(path).resolve()))
parser.add_argument("work", type=lambda path: pathlib.Path(path).resolve())
parser.add_argument("s3")
parser.add_argument("--years", type=int, default=10)
parser.add_argument("--lat", type=int, default=60)
parser.add_argument("--lon", type=int, default=60)
parser.add_argument("--pixels", type=int, default=3)
options = parser.parse_args()
options.work.mkdir(parents=True, exist_ok=True)
main()
