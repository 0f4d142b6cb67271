#!/usr/bin/env python3
"""References of a stack by pixeldrill and by kerchunk, one after the other.

    compare.py PIXELDRILL GRANULES WORK [--count N] [--s3 URL --distant N]

GRANULES is a folder of `pixeldrill sample`. Until there are N, further names are hard links to its
files: indexing reads headers and chunk indexes, which are no shorter for it. kerchunk runs as its
documentation has it, in one process, and in as many as there are cores. With --s3, N granules are
put into a server (see scripts/s3-server.sh) and indexed through scripts/fault-proxy.py at 30 ms; it
counts requests and bytes. Prints JSON; needs kerchunk, s3fs and boto3.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
import warnings

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
KEYS = {
    "AWS_ACCESS_KEY_ID": "pixeldrill",
    "AWS_SECRET_ACCESS_KEY": "pixeldrill-secret",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
LATENCY = 0.03
PORT = 7599


def kerchunk(job):
    """One set, as kerchunk's documentation makes it."""
    import fsspec
    import ujson
    from kerchunk.hdf import SingleHdf5ToZarr

    url, folder, options = job
    target = pathlib.Path(folder, url.rsplit("/", 1)[1] + ".json")
    if options is None:
        references = SingleHdf5ToZarr(url, inline_threshold=500).translate()
    else:
        with fsspec.open(
            url, mode="rb", default_fill_cache=False, default_cache_type="first", **options
        ) as file:
            references = SingleHdf5ToZarr(
                file, url, inline_threshold=500, storage_options=options
            ).translate()
    target.write_text(ujson.dumps(references))


def by_kerchunk(urls, folder, processes, options=None):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    jobs = [(url, folder, options) for url in urls]
    start = time.perf_counter()
    if processes == 1:
        for job in jobs:
            kerchunk(job)
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            pool.map(kerchunk, jobs, chunksize=max(1, len(jobs) // processes // 4))
    return time.perf_counter() - start


def by_pixeldrill(binary, inputs, folder, *options):
    shutil.rmtree(folder, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [binary, "refs", *inputs, "--to", folder, *options],
        check=True, capture_output=True, env=os.environ | KEYS,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu_seconds": cpu}


def references(folder):
    """How many chunks the sets in a folder lead to."""
    return sum(
        sum(1 for value in json.loads(path.read_text())["refs"].values() if isinstance(value, list))
        for path in pathlib.Path(folder).glob("*.json")
    )


def local(options, work):
    granules = sorted(pathlib.Path(options.granules).glob("*.nc"))
    folder = work / "granules"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(options.count):
        os.link(granules[number % len(granules)], folder / f"{number:04}.nc")
    urls = [str(path) for path in sorted(folder.iterdir())]
    for url in urls[: len(granules)]:
        pathlib.Path(url).read_bytes()  # both find the files in memory
    ours = [by_pixeldrill(options.pixeldrill, [folder], work / "ours") for _ in range(3)]
    ours = min(ours, key=lambda run: run["seconds"])
    one = by_kerchunk(urls, work / "theirs", 1)
    cores = os.cpu_count()
    several = by_kerchunk(urls, work / "theirs", cores)
    chunks = [references(work / "ours" / "refs"), references(work / "theirs")]
    shutil.rmtree(folder)
    return {
        "granules": len(urls), "distinct": min(len(granules), options.count),
        "bytes_of_a_granule": granules[0].stat().st_size,
        "chunk_references": {"pixeldrill": chunks[0], "kerchunk": chunks[1]},
        "pixeldrill": ours, "kerchunk_seconds": {"1 process": one, f"{cores} processes": several},
        "times_as_fast": {"as 1 process": one / ours["seconds"],
                          f"as {cores}": several / ours["seconds"]},
    }  # fmt: skip


def traffic():
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/__traffic") as answer:
        return json.loads(answer.read())


def counted(run):
    before = traffic()
    result = run()
    after = traffic()
    counts = {key: after[key] - before.get(key, 0) for key in ("requests", "bytes")}
    return (result if isinstance(result, dict) else {"seconds": result}) | counts


def distant(options, work):
    import boto3

    upstream = int(options.s3.rsplit(":", 1)[1])
    os.environ.update(KEYS)
    granules = sorted(pathlib.Path(options.granules).glob("*.nc"))[: options.distant]
    bucket = boto3.resource("s3", endpoint_url=options.s3).Bucket("references")
    bucket.create()
    for path in granules:
        bucket.upload_file(str(path), f"granules/{path.name}")
    proxy = subprocess.Popen(
        [sys.executable, HERE / "../../scripts/fault-proxy.py", "--listen", str(PORT),
         "--upstream", str(upstream), "--latency", str(LATENCY)],
        stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        time.sleep(1)
        url = f"http://127.0.0.1:{PORT}"
        place = {"endpoint_url": url, "client_kwargs": {"region_name": "us-east-1"}}
        urls = [f"s3://references/granules/{path.name}" for path in granules]
        ours = counted(
            lambda: by_pixeldrill(
                options.pixeldrill, ["s3://references/granules"], work / "ours-s3",
                "--endpoint-url", url))  # fmt: skip
        theirs = counted(lambda: by_kerchunk(urls, work / "theirs-s3", 1, place))
        cores = os.cpu_count()
        several = counted(lambda: by_kerchunk(urls, work / "theirs-s3", cores, place))
    finally:
        proxy.terminate()
        proxy.wait()
        bucket.objects.delete()
        bucket.delete()
    return {"granules": len(granules), "pixeldrill": ours, "kerchunk, 1 process": theirs,
            f"kerchunk, {cores} processes": several,
            "times_as_fast": [run["seconds"] / ours["seconds"] for run in (theirs, several)]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pixeldrill", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("granules")
    parser.add_argument("work", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--count", type=int, default=365)
    parser.add_argument("--s3")
    parser.add_argument("--distant", type=int, default=24)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    result = {"local": local(options, options.work)}
    if options.s3:
        result["at 30 ms"] = distant(options, options.work)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
