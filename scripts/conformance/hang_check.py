"""Has commands read sources that stop answering: they end, with an error that names the source.

    hang_check.py BINARY FOLDER [--all]

Prints a line for each check; the exit status is 1 if any failed. The bucket is one of the server
that PIXELDRILL_TEST_S3 names. What hangs does so in all checks at once, so that they take no longer
than the slowest.
"""
import concurrent.futures
import http.server
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import boto3

binary, folder = sys.argv[1:3]
everything = "--all" in sys.argv[3:]
work = pathlib.Path(folder)
endpoint = os.environ.get("PIXELDRILL_TEST_S3")
proxy_script = pathlib.Path(__file__).parent.parent / "fault-proxy.py"
pixel = ["--variable", "sst_dtime", "--lat", "-32.45", "--lon", "115.55"]
failures = 0
os.environ.setdefault("AWS_ACCESS_KEY_ID", "pixeldrill")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "pixeldrill-secret")


def verdict(text, holds, detail=""):
    global failures
    if holds:
        return print(f"ok: {text}", flush=True)
    failures += 1
    print(f"FAILED: {text}", file=sys.stderr, flush=True)
    for line in str(detail).splitlines()[:12]:
        print(f"  | {line}", file=sys.stderr)


def run(*arguments, seconds=300, env=None):
    """The exit status, what was printed, what was said, and how long it took."""
    began = time.monotonic()
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def must(*arguments):
    code, _, said, _ = run(*arguments)
    if code:
        raise SystemExit(f"pixeldrill {' '.join(map(str, arguments))} ends with {code}: {said}")


def given_up(text, result, least, most, *words):
    """A source that hung for so long, and was named."""
    code, out, said, seconds = result
    verdict(f"{text} is given up by name after {seconds:.0f} s",
            code and least <= seconds <= most and not out
            and all(re.search(word, said) for word in words),
            f"exit status {code} after {seconds:.1f} s\n{out}{said}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


granules = work / "granules"
must("sample", granules, "--days", 4, "--start", "2019-12-30", "--lat", 60, "--lon", 80,
     "--variables", "sst_dtime")
names = sorted(path.name for path in granules.iterdir())
must("convert", granules, "--to", work / "whole")


def whole(root):
    """Whether a root has the stores of the whole stack, to the byte."""
    return not subprocess.run(["diff", "-r", work / "whole/zarrs", pathlib.Path(root, "zarrs")],
                              capture_output=True).returncode


def check_pipe():
    """A pipe that nobody writes to."""
    pipes = work / "pipes"
    shutil.copytree(granules, pipes)
    os.mkfifo(pipes / "20200103.nc")
    given_up("a pipe", run("scan", pipes / "20200103.nc"), 0, 20, "20200103.nc: no such file")
    code, _, said, _ = run("convert", pipes, "--to", work / "piped")
    verdict("and among granules it isn't one", code == 0 and whole(work / "piped"), said)


def check_bucket():
    """A server that stops in the middle of one granule's, or of one shard's, bytes."""
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    bucket = f"hang-{os.getpid()}"
    s3.create_bucket(Bucket=bucket)
    for path in granules.iterdir():
        s3.upload_file(str(path), bucket, f"in/{path.name}")
    at = ["--endpoint-url", endpoint, "--region", "us-east-1"]
    must("convert", f"s3://{bucket}/in", "--to", f"s3://{bucket}/out", *at)
    port = free_port()
    proxy = subprocess.Popen(
        [sys.executable, proxy_script, "--listen", str(port), "--upstream",
         re.search(r":(\d+)", endpoint.removeprefix("http://")).group(1), "--rate", "1",
         "--faults", "stalled", "--stall", "600", "--only", rf"{names[2]}|/sst_dtime/c/"],
        stdout=subprocess.PIPE, text=True)
    try:
        url = proxy.stdout.readline().strip()
        once = {"AWS_MAX_ATTEMPTS": "1"}
        through = ["--endpoint-url", url, "--region", "us-east-1"]
        root = work / "from-bucket"
        commands = {
            "scan": ["scan", f"s3://{bucket}/in"],
            "convert": ["convert", f"s3://{bucket}/in", "--to", root],
            "refs": ["refs", f"s3://{bucket}/in", "--to", work / "refs-root"],
            "drill": ["drill", f"s3://{bucket}/out/zarrs", *pixel],
        }
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = {name: pool.submit(run, *command, *through, env=once)
                       for name, command in commands.items()}
        for name in ("convert", "refs"):
            given_up(f"a granule that a bucket stops sending, by {name},", results[name].result(),
                     15, 60, f"{names[2]}.*(slow|Operation too slow)")
        given_up("a shard that a bucket stops sending, by drill,", results["drill"].result(), 15, 60,
                 "sst_dtime/c/.*slow")
        code, out, said, seconds = results["scan"].result()
        verdict(f"scan goes on without such a granule, and names it, after {seconds:.0f} s",
                code == 3 and names[2] in out + said and seconds < 60, f"{code}: {out}{said}")
        verdict("and nothing opens", not list(root.glob("zarrs/*/zarr.json")))
    finally:
        proxy.kill()
        proxy.wait()
    must("convert", f"s3://{bucket}/in", "--to", root, *at)
    verdict("once the bucket answers, the same command makes the same bytes", whole(root))
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
    s3.delete_bucket(Bucket=bucket)


def check_web():
    """A web server that stops after the first bytes, at every attempt."""
    data = (granules / names[0]).read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def head(self):
            span = re.search(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            first, last = map(int, span.groups()) if span else (0, len(data) - 1)
            last = min(last, len(data) - 1)
            self.send_response(206 if span else 200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", last - first + 1)
            if span:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.end_headers()
            return data[first:last + 1]

        def do_HEAD(self):
            self.head()

        def do_GET(self):
            self.wfile.write(self.head()[:100])
            self.wfile.flush()
            time.sleep(600)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    given_up("a granule that a web server stops sending", run(
        "drill", f"http://127.0.0.1:{server.server_port}/{names[0]}", *pixel), 60, 240, names[0])
    server.shutdown()


def check_parser():
    """A parser's process that hangs: stopped here, as a file may make libhdf5 loop."""
    slow = work / "slow"
    shutil.copytree(granules, slow)
    process = subprocess.Popen([binary, "convert", slow, "--to", work / "stopped", "--threads", "1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    began = time.monotonic()
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    stopped = False
    while not stopped and process.poll() is None:
        for task in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children"):
            try:
                for child in task.read_text().split():
                    os.kill(int(child), signal.SIGSTOP)
                    stopped = True
            except OSError:
                continue
    out, said = process.communicate(timeout=300)
    given_up("a parser that hangs", (process.returncode, out, said, time.monotonic() - began), 50,
             180, r"longer than 60.* s")


checks = [check_pipe]
if endpoint:
    checks.append(check_bucket)
else:
    print("left out: PIXELDRILL_TEST_S3 names no S3 server", file=sys.stderr)
if everything:
    checks += [check_web, check_parser]
with concurrent.futures.ThreadPoolExecutor() as pool:
    for check in [pool.submit(check) for check in checks]:
        check.result()
sys.exit(1 if failures else 0)
