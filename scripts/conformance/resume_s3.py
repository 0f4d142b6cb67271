"""The S3 part of resume_check.py: conversions into a bucket, killed after each change."""
import concurrent.futures
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

import boto3

proxy_script = pathlib.Path(__file__).parent.parent / "fault-proxy.py"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(main, endpoint, granules, options, want):
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "pixeldrill")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "pixeldrill-secret")
    upstream = re.search(r":(\d+)", endpoint.removeprefix("http://")).group(1)
    bucket = f"resume-{os.getpid()}"
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    s3.create_bucket(Bucket=bucket)

    def objects(prefix):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {o["Key"][len(prefix):]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read()
                for page in pages for o in page.get("Contents", [])}

    def remove(prefix):
        for key in objects(prefix):
            s3.delete_object(Bucket=bucket, Key=prefix + key)

    def convert(prefix, at):
        return ["convert", granules, "--to", f"s3://{bucket}/{prefix}", *options, "--endpoint-url",
                at, "--region", "us-east-1"]

    def killed(prefix, changes):
        """Kills a conversion after so many changes of the bucket; `False` if it had ended."""
        port = free_port()
        proxy = subprocess.Popen(
            [sys.executable, proxy_script, "--listen", str(port), "--upstream", upstream,
             "--hold-after", str(changes)], stdout=subprocess.PIPE, text=True)
        try:
            proxy.stdout.readline()
            process = main.start(*convert(prefix, f"http://127.0.0.1:{port}"))

            def kill_when_held():
                if proxy.stdout.readline():
                    process.kill()

            watch = threading.Thread(target=kill_when_held)
            watch.start()
            process.communicate(timeout=60)
        finally:
            proxy.kill()
            proxy.wait()
        watch.join()
        return process.returncode != 0

    def once(changes):
        prefix = f"at-{changes}/"
        was_killed = killed(prefix, changes)
        opens = [key for key in objects(prefix) if re.fullmatch(r"zarrs/\d+/zarr.json", key)]
        if any(f"manifests/{key[6:10]}.json" not in objects(prefix) for key in opens):
            return f"{changes}: a store opens that has no manifest"
        # As a run leaves it that is killed while it sends a large shard.
        s3.create_multipart_upload(Bucket=bucket, Key=f"{prefix}zarrs/2020/sst_dtime/c/0/0/0")
        code, said = main.run(*convert(prefix, endpoint))
        got = objects(prefix)
        uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads", [])
        remove(prefix)
        if code or got != want or (was_killed and uploads and "2020: up to date" not in said):
            return f"{changes}: {said}{main.difference(got, want)} {len(uploads)} uploads"
        return None if was_killed else "ended"

    # A conversion makes some 60 changes, or 80 of the stack with two variables.
    last, step = (90, 1) if main.everything else (60, 6)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        results = list(pool.map(once, range(1, last, step)))
    bad = [result for result in results if result not in (None, "ended")]
    count = results.count(None)
    main.verdict(f"S3: killed after each of {count} changes of the bucket, it ends with the bytes of "
                 "the folder and leaves nothing else", not bad and count >= 40 // step, bad[:3])
    first, second = (main.start(*convert("two/", endpoint)) for _ in range(2))
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in (first, second)]
    odd = [said for said, code in ends if code and "lock" not in said]
    main.verdict("S3: of two writers at once, one ends well, and the other does or says why not",
                 any(code == 0 for _, code in ends) and not odd, ends)
    main.must(*convert("two/", endpoint))
    main.verdict("S3: and the stores are unharmed", objects("two/") == want)
    killed("clean/", 15)
    code, said = main.run("clean", f"s3://{bucket}/clean", "--yes", "--endpoint-url", endpoint,
                          "--region", "us-east-1")
    left = list(objects("clean/"))
    main.verdict("S3: clean removes what a killed run left", code == 0 and not left, f"{said}{left}")
    check_updates(main, s3, bucket, objects, ["--endpoint-url", endpoint, "--region", "us-east-1"],
                  options)
    remove("")
    s3.delete_bucket(Bucket=bucket)


def check_updates(main, s3, bucket, objects, access, options):
    """A new day, and a granule that is replaced where it lies, granules and stores in the bucket."""
    def upload(path):
        s3.upload_file(str(path), bucket, f"in/{path.name}")

    def convert(prefix):
        return ["convert", f"s3://{bucket}/in", "--to", f"s3://{bucket}/{prefix}", *options,
                *main.one_codec, *access]

    def same(prefix):
        main.must(*convert("fresh/"))
        fresh, got = objects("fresh/"), objects(prefix)
        for key in fresh:
            s3.delete_object(Bucket=bucket, Key=f"fresh/{key}")
        return got == fresh, main.difference(got, fresh)

    last = main.granules[-1]
    for granule in main.granules[:-1]:
        upload(granule)
    main.must(*convert("grown/"))
    upload(last)
    main.expect("S3: a new day is named", 0,
                ["2019: only metadata", f"2020: converting again: .*{last.name} is new"],
                *convert("grown/"))
    main.verdict("S3: and comes to what a fresh conversion gives", *same("grown/"))
    upload(main.other / last.name)
    main.expect("S3: a granule that was replaced is named", 0,
                ["2019: only metadata", f"2020: converting again: .*{last.name} changed: "],
                *convert("grown/"))
    main.verdict("S3: and comes to what a fresh conversion gives", *same("grown/"))
    main.expect("S3: then nothing is to be done", 0, ["2019: up to date", "2020: up to date"],
                *convert("grown/"))
