"""Conversions from a bucket into a bucket, held against the same conversion of folders.

    s3_convert.py BINARY ENDPOINT FAULT_PROXY

Needs a server that verifies signatures (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY name its user).
Prints a line for each check; exits with 1 at the first difference.
"""
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import boto3
import numpy as np
import xarray as xr

binary, endpoint, proxy_script = sys.argv[1:]
bucket = f"convert-{os.getpid()}"
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
storage = {"client_kwargs": {"endpoint_url": endpoint, "region_name": "us-east-1"}}
variables = ["--variables", "sea_surface_temperature,sst_dtime,quality_level"]


def fail(text):
    print(f"differs: {text}")
    sys.exit(1)


def run(*arguments, at=endpoint, may_fail=False):
    command = [binary, *arguments]
    if arguments[0] != "sample":
        command += ["--endpoint-url", at, "--region", "us-east-1"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if os.environ["AWS_SECRET_ACCESS_KEY"] in result.stdout + result.stderr:
        fail("a secret is printed")
    if result.returncode and not may_fail:
        fail(f"{' '.join(command)} exits {result.returncode}: {result.stderr[-800:]}")
    return result


def objects(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {o["Key"][len(prefix):]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read()
            for page in pages for o in page.get("Contents", [])}


def files(folder):
    return {os.path.relpath(os.path.join(at, name), folder): open(os.path.join(at, name), "rb").read()
            for at, _, names in os.walk(folder) for name in names}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def remove(prefix):
    for key in objects(prefix):
        s3.delete_object(Bucket=bucket, Key=prefix + key)


@contextlib.contextmanager
def faults(seed, kinds=None):
    """A proxy before the server that harms every fifth answer; gives its address."""
    port = free_port()
    proxy = subprocess.Popen(
        [sys.executable, proxy_script, "--listen", str(port), "--upstream", upstream, "--rate",
         "0.2", "--seed", str(seed), "--stall", "2", *(["--faults", kinds] if kinds else [])],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        proxy.kill()
        proxy.wait()


with tempfile.TemporaryDirectory(prefix="pixeldrill-s3-") as work:
    run("sample", f"{work}/granules", "--days", "9", "--start", "2019-12-28", "--lat", "120",
        "--lon", "160")
    s3.create_bucket(Bucket=bucket)
    for name in sorted(os.listdir(f"{work}/granules")):
        s3.upload_file(f"{work}/granules/{name}", bucket, f"in/{name}")
    run("convert", f"{work}/granules", "--to", f"{work}/out", *variables)
    expected = files(f"{work}/out/zarrs")

    run("convert", f"s3://{bucket}/in", "--to", f"s3://{bucket}/out", *variables)
    if objects("out/zarrs/") != expected:
        fail("the stores in the bucket and in the folder")
    print(f"ok: {len(expected)} objects of an S3 to S3 conversion are those of the folder's")

    verified = run("verify", f"s3://{bucket}/out", "--all")
    if verified.stdout or verified.stderr.count("all is well") != 2:
        fail("verifying a store in a bucket with its granules there")
    print("ok: verify passes the stores in the bucket, whose granules are there, too")

    years = [xr.open_zarr(f"s3://{bucket}/out/zarrs/{year}/", storage_options=storage)
             for year in (2019, 2020)]
    both = xr.concat(years, dim="time")
    folder = xr.concat([xr.open_zarr(f"{work}/out/zarrs/{y}/") for y in (2019, 2020)], dim="time")
    if not both.identical(folder):
        fail("xarray through s3fs")
    print("ok: xr.open_zarr('s3://…') and xr.concat give what the folder gives")

    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*",
                       "Action": ["s3:GetObject", "s3:ListBucket"],
                       "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}]}))
    public = xr.open_zarr(f"s3://{bucket}/out/zarrs/2020/", storage_options={**storage, "anon": True})
    if not np.array_equal(public.sea_surface_temperature.values,
                          years[1].sea_surface_temperature.values, equal_nan=True):
        fail("the public bucket")
    run("scan", f"s3://{bucket}/in", "--anonymous")
    run("convert", f"s3://{bucket}/in", "--anonymous", "--to", f"{work}/public", *variables)
    if files(f"{work}/public/zarrs") != expected:
        fail("a conversion out of a public bucket")
    print("ok: a public bucket is read without credentials, by us and by s3fs")

    upstream = re.search(r":(\d+)", endpoint.removeprefix("http://")).group(1)
    pixel = ["--variable", "sea_surface_temperature", "--lat", "-32.45", "--lon", "115.55"]
    series = run("drill", f"{work}/out/zarrs", *pixel).stdout
    if run("drill", f"s3://{bucket}/out/zarrs", *pixel).stdout != series or series.count("\n") < 5:
        fail("a series drilled out of the bucket")
    print("ok: a series drilled out of the bucket is that of the folder")

    outcomes = {"convert": [0, 0], "drill": [0, 0], "verify": [0, 0]}
    for seed in range(4):
        remove("faulty/")
        with faults(seed) as at:
            converted = run("convert", f"s3://{bucket}/in", "--to", f"s3://{bucket}/faulty",
                            *variables, at=at, may_fail=True)
            verified = run("verify", f"s3://{bucket}/out", at=at, may_fail=True)
            drilled = run("drill", f"s3://{bucket}/out/zarrs", *pixel, at=at, may_fail=True)
        for name, result in (
                ("convert", converted), ("drill", drilled), ("verify", verified)):
            outcomes[name][result.returncode != 0] += 1
            if result.returncode and not result.stderr.strip():
                fail(f"{name} through faults (seed {seed}) failed without a word")
        # Bits flipped on the way differ; nothing is missing for that, and nothing surplus.
        if verified.returncode not in (0, 1, 3, 5) or re.search("^[+-] ", verified.stdout, re.M):
            fail(f"verify through faults (seed {seed}) found what isn't so: {verified.stdout}")
        if drilled.returncode == 0 and drilled.stdout != series:
            fail(f"a drill through faults (seed {seed}) ended well with other values")
        if drilled.returncode and drilled.stdout:
            fail(f"a drill through faults (seed {seed}) failed and printed data")
        if converted.returncode == 0 and objects("faulty/zarrs/") != expected:
            fail(f"a conversion through faults (seed {seed}) ended well with other bytes")
        for year in (2019, 2020):
            root = objects(f"faulty/zarrs/{year}/zarr.json")
            if root and objects(f"faulty/zarrs/{year}/") != {
                    k.split("/", 1)[1]: v for k, v in expected.items() if k.startswith(str(year))}:
                fail(f"a conversion through faults (seed {seed}) left a wrong store that opens")
    # What is lost, late or cut off is asked for again; what failed five times is gone on with. No bit
    # is flipped here, since without TLS nothing would tell a wrong header from a right one.
    runs = 0
    for seed in range(2):
        remove("faulty/")
        with faults(seed, "slowdown,internal,reset,lost,truncated,stalled") as at:
            for _ in range(4):
                runs += 1
                if run("convert", f"s3://{bucket}/in", "--to", f"s3://{bucket}/faulty", *variables,
                       at=at, may_fail=True).returncode == 0:
                    break
        if objects("faulty/zarrs/") != expected:
            fail(f"a conversion through faults (seed {seed}), gone on with")
    print(f"ok: 20 % of requests failing, no bit flipped: 2 conversions in {runs} runs, the right bytes")

    for name, (right, loud) in outcomes.items():
        print(f"ok: 20 % of requests failing: {name} {right} times right, {loud} times loud")

    remove("")
    s3.delete_bucket(Bucket=bucket)
