#!/usr/bin/env python3
"""Ranged GETs of 64 KiB by pixeldrill's S3 client and by boto3, in turn.

    scripts/s3-server.sh up
    swift build -c release --package-path benchmarks/s3
    python3 benchmarks/s3/run.py           (needs boto3)

Prints requests per second and CPU time per request of the client alone, with 1,
8, 32 and 64 requests in flight, straight and with 30 ms of latency. The latency
comes from scripts/fault-proxy.py, one Python process: it bounds both clients
alike, at some 1,000 to 1,500 requests per second.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"AWS_ACCESS_KEY_ID": "pixeldrill", "AWS_SECRET_ACCESS_KEY": "pixeldrill-secret",
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
BUCKET, KEY, PART, SIZE = "benchmark", "object", 64 << 10, 64 << 20


def client(url, connections=10):
    import boto3
    from botocore.config import Config
    return boto3.client("s3", endpoint_url=url, config=Config(
        max_pool_connections=connections, s3={"addressing_style": "path"},
        request_checksum_calculation="when_required", response_checksum_validation="when_required"))


def boto(url, requests, in_flight):
    """The same as Benchmark.swift does; run in a process of its own."""
    s3 = client(url, in_flight)

    def get(request):
        start = request * 7 % (SIZE // PART) * PART
        answer = s3.get_object(Bucket=BUCKET, Key=KEY, Range=f"bytes={start}-{start + PART - 1}")
        assert len(answer["Body"].read()) == PART

    def cpu():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    with concurrent.futures.ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(get, range(2 * in_flight)))
        spent, start = cpu(), time.perf_counter()
        list(pool.map(get, range(requests)))
        seconds = time.perf_counter() - start
    print(json.dumps({"requestsPerSecond": requests / seconds,
                      "cpuMicroseconds": (cpu() - spent) / requests * 1e6}))


def measure(url, requests, in_flight, times):
    """The best of some runs of each, in turn: other work on the machine only makes them worse."""
    commands = {
        "pixeldrill": [HERE / ".build/release/s3-benchmark", url, f"s3://{BUCKET}/{KEY}", PART,
                       requests, in_flight],
        "boto3": [sys.executable, __file__, "--boto", url, requests, in_flight],
    }
    best = {name: {"requestsPerSecond": 0, "cpuMicroseconds": 1e9} for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            out = subprocess.run([str(word) for word in command], check=True,
                                 capture_output=True, text=True, env={**os.environ, **KEYS}).stdout
            run = json.loads(out)
            best[name]["requestsPerSecond"] = max(
                best[name]["requestsPerSecond"], run["requestsPerSecond"])
            best[name]["cpuMicroseconds"] = min(
                best[name]["cpuMicroseconds"], run["cpuMicroseconds"])
    return best


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=7490, help="of the S3 server")
    parser.add_argument("--times", type=int, default=3, help="runs of each, of which the best counts")
    parser.add_argument("--boto", nargs=3, metavar=("URL", "REQUESTS", "IN_FLIGHT"),
                        help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.boto:
        return boto(options.boto[0], int(options.boto[1]), int(options.boto[2]))

    os.environ.update(KEYS)
    direct = f"http://127.0.0.1:{options.port}"
    s3 = client(direct)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=os.urandom(SIZE))
    far_port = options.port + 1000
    proxy = subprocess.Popen([
        sys.executable, HERE.parents[1] / "scripts/fault-proxy.py", "--listen", str(far_port),
        "--upstream", str(options.port), "--latency", "0.03"], stdout=subprocess.PIPE)
    proxy.stdout.readline()
    try:
        print("| latency | in flight | pixeldrill: requests/s | CPU a request | boto3: requests/s "
              "| CPU a request |\n|---|---|---|---|---|---|")
        for latency, url in ((0, direct), (30, f"http://127.0.0.1:{far_port}")):
            for in_flight in (1, 8, 32, 64):
                requests = min(1500, 100 * in_flight) if latency else 1500
                best = measure(url, requests, in_flight, options.times)
                cells = [f"{best[name]['requestsPerSecond']:,.0f} | "
                         f"{best[name]['cpuMicroseconds']:,.0f} µs" for name in best]
                print(f"| {latency} ms | {in_flight} | {' | '.join(cells)} |", flush=True)
    finally:
        proxy.terminate()


if __name__ == "__main__":
    main()
