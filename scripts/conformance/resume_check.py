"""Kills, pauses and starves conversions, runs them again, and compares every byte.

    resume_check.py BINARY FOLDER [--all]

FOLDER has die_at.so. Prints a line for each check; the exit status is 1 if any failed. The S3 part
runs on the server that PIXELDRILL_TEST_S3 names.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import h5py

binary, folder = sys.argv[1:3]
everything = "--all" in sys.argv[3:]
work = pathlib.Path(folder)
failures = 0
# Two columns of two shards each in every array, in two years.
cut = ["--chunk", "5x15", "--shard", "10x15"]
# An update keeps the codec that the first conversion chose by its sample; a fresh one may choose
# another.
one_codec = ["--codec", "blosc:zstd"]


def ok(text):
    print(f"ok: {text}", flush=True)


def failed(text, detail=""):
    global failures
    failures += 1
    print(f"FAILED: {text}", file=sys.stderr, flush=True)
    for line in str(detail).splitlines()[:12]:
        print(f"  | {line}", file=sys.stderr)


def verdict(text, holds, detail=""):
    ok(text) if holds else failed(text, detail)


def start(*arguments, env=None, prefix=(), **options):
    return subprocess.Popen(
        [*prefix, binary, *map(str, arguments)], env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def run(*arguments, **options):
    """The exit status and what was said."""
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def must(*arguments, **options):
    code, said = run(*arguments, **options)
    if code:
        raise SystemExit(f"pixeldrill {' '.join(map(str, arguments))} ends with {code}: {said}")
    return said


def dying(at, by=signal.SIGKILL, count=None):
    env = {"LD_PRELOAD": str(work / "die_at.so"), "DIE_AT": str(at), "DIE_BY": str(int(by))}
    return env if count is None else {**env, "DIE_COUNT": str(count)}


def tree(root):
    """Every file with its bytes, temporary ones too, and every empty folder but those that any run
    needs: who is killed between the removal of journals/2020 and that of journals leaves that."""
    found = {}
    for at, folders, files in os.walk(root):
        for name in files:
            path = pathlib.Path(at, name)
            found[str(path.relative_to(root))] = path.read_bytes()
        name = str(pathlib.Path(at).relative_to(root))
        if not folders and not files and name not in (".", "journals", "locks"):
            found[name + "/"] = None
    return found


def difference(got, want):
    lines = [f"{key}: not there" for key in want if key not in got]
    lines += [f"{key}: left over" for key in got if key not in want]
    return "\n".join(lines + [f"{k}: other bytes" for k in want if k in got and got[k] != want[k]])


def torn(root):
    """What is wrong with stores that open."""
    for top in pathlib.Path(root).glob("zarrs/*"):
        if not (top / "zarr.json").exists() and not (top / ".zmetadata").exists():
            continue
        manifest = pathlib.Path(root, "manifests", f"{top.name}.json")
        if not manifest.exists():
            return f"{top} opens, and has no manifest"
        for item in json.loads(manifest.read_text())["objects"]:
            path = top / item["key"]
            if not path.exists() or path.stat().st_size != item["byteCount"]:
                return f"{top} opens without {item['key']}"
    return None


def shards(root):
    return {p: p.stat().st_ino for p in pathlib.Path(root).glob("zarrs/*/*/c/**/*") if p.is_file()
            and not p.name.startswith(".") and len(p.relative_to(root).parts) == 7}


def inode_changes(before, after):
    return [path for path, inode in before.items() if after.get(path) != inode]


def sweep(name, source, options, want, prepare=None, stride=1):
    """Kills a conversion after each of its changes, runs it again, and compares."""
    def once(at):
        root = work / f"sweep-{name.replace(' ', '-')}-{at}"
        if prepare:
            shutil.copytree(prepare, root)
        code, said = run("convert", source, "--to", root, "--threads", 2, *options, env=dying(at))
        if code != -signal.SIGKILL:
            shutil.rmtree(root, ignore_errors=True)
            return code, at, "it had ended" if code == 0 else said
        before, problem = shards(root), torn(root)
        code, said = run("convert", source, "--to", root, "--threads", 2, *options)
        after, got = shards(root), tree(root)
        shutil.rmtree(root)
        if problem:
            return 1, at, problem
        if code or got != want:
            return 1, at, f"{said}{difference(got, want)}"
        again = inode_changes(before, after)
        # A column may be finished while the one before is being recorded. Of an update, all is done
        # again.
        if not prepare and len(again) > 2:
            return 1, at, f"{len(again)} finished shards were written again: {again}"
        return None

    count = work / f"count-{name.replace(' ', '-')}"
    root = work / f"whole-{name.replace(' ', '-')}"
    if prepare:
        shutil.copytree(prepare, root)
    must("convert", source, "--to", root, "--threads", 2, *options, env=dying(0, count=count))
    changes = int(count.read_text())
    shutil.rmtree(root)
    points = range(1, changes + 1, 1 if everything else stride)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        bad = [result for result in pool.map(once, points) if result]
    # Threads come in another order each time: the last points may lie behind the end.
    ended = [at for code, at, _ in bad if code == 0]
    bad = [result for result in bad if result[0] != 0]
    verdict(f"{name}: killed after each of {len(points) - len(ended)} of {changes} changes, it ends "
            "with the same bytes and leaves nothing else",
            not bad and len(ended) <= len(points) // 10, bad[:3] or ended)


def wait_stopped(process):
    for _ in range(1000):
        if process.poll() is not None:
            return False
        state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "T":
            return True
        time.sleep(0.01)
    return False


def expect(text, code, words, *arguments, **options):
    got, said = run(*arguments, **options)
    missing = [word for word in words if not re.search(word, said)]
    verdict(text, got == code and not missing, f"exit status {got}; missing {missing}\n{said}")


def read_only(disk, at):
    """Has a conversion meet a file system that turns read-only after so many changes."""
    root = disk / f"read-only-{at}"
    process = start("convert", small, "--to", root, *cut, env=dying(at, signal.SIGSTOP))
    wait_stopped(process)
    # While a file is open for writing the system refuses; a moment later it isn't.
    while subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True).returncode:
        process.send_signal(signal.SIGCONT)
        time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)
        if process.poll() is not None:
            raise SystemExit(f"it ended before {disk} could be made read-only")
    code, said = resumed(process)
    verdict(f"a target that turns read-only after {at} changes is one line with the file and what "
            "to do", code == 1 and said.count("\n") == 1 and re.search(
                rf"^error: 20\d\d: {root}/\S+: .*read-only.*run the same command again", said),
            f"exit status {code}\n{said}")
    problem = torn(root)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    must("convert", small, "--to", root, *cut)
    verdict("and once it can be written, it goes on to the same bytes",
            not problem and tree(root) == want, problem or difference(tree(root), want))


# --- Stacks.
shape = ["--start", "2019-12-30", "--days", 4, "--lat", 20, "--lon", 30, "--chunk", "10x15",
         "--variables", "sst_dtime,quality_level" if everything else "sst_dtime"]
small = work / "small"
must("sample", small, *shape)
granules = sorted(small.glob("*.nc"))
whole = work / "whole"
must("convert", small, "--to", whole, *cut)
want = tree(whole)

# --- Killed at any moment.
sweep("a folder", small, cut, want)
whole2 = work / "whole2"
must("convert", small, "--to", whole2, "--zarr-format", 2, "--chunk", "10x15")
sweep("Zarr v2", small, ["--zarr-format", 2, "--chunk", "10x15"], tree(whole2), stride=11)
code, _ = run("convert", small, "--to", work / "often", *cut, env=dying(40))
for at in range(40, 200, 8):
    code, said = run("convert", small, "--to", work / "often", *cut, env=dying(at))
    if code == 0:
        break
verdict("killed again and again, it still comes to its end",
        code == 0 and tree(work / "often") == want, said)

# --- Updates.
expect("a complete year is left alone", 0, ["2019: up to date", "2020: up to date"], "convert",
       small, "--to", whole, *cut)
verdict("to the byte", tree(whole) == want)
(work / "part").mkdir()
for granule in granules[:-1]:
    os.link(granule, work / "part" / granule.name)
root = work / "grown"
must("convert", work / "part", "--to", root, *cut, *one_codec)
os.link(granules[-1], work / "part" / granules[-1].name)
first = {key: data for key, data in tree(root).items() if key.startswith("zarrs/2019/")}
expect("a new day is named", 0, [f"2020: converting again: .*{granules[-1].name} is new"],
       "convert", work / "part", "--to", root, *cut, *one_codec)
fresh = work / "fresh-root"
must("convert", work / "part", "--to", fresh, *cut, *one_codec)
verdict("and comes to what a fresh conversion gives", tree(root) == tree(fresh),
        difference(tree(root), tree(fresh)))
data = {key: value for key, value in first.items() if "/c/" in key}
verdict("while the other year's data stay", all(tree(root)[key] == data[key] for key in data))
other = work / "other"
must("sample", other, *shape, "--seed", 2)
updated = work / "updated"
shutil.copytree(small, updated)
shutil.copy(other / granules[-1].name, updated / granules[-1].name)
must("convert", updated, "--to", work / "updated-fresh", *cut, *one_codec)
base = work / "updated-base"
# The inputs are at the place of the updated ones, before the update.
shutil.copytree(updated, work / "kept")
shutil.copy2(granules[-1], updated / granules[-1].name)
must("convert", updated, "--to", base, *cut, *one_codec)
shutil.copy2(work / "kept" / granules[-1].name, updated / granules[-1].name)
shutil.copytree(base, work / "updated-root")
expect("a granule that was replaced is named", 0,
       [f"2020: converting again: .*{granules[-1].name} changed: "], "convert", updated, "--to",
       work / "updated-root", *cut, *one_codec)
wanted = tree(work / "updated-fresh")
verdict("and comes to what a fresh conversion gives", tree(work / "updated-root") == wanted,
        difference(tree(work / "updated-root"), wanted))
sweep("an update", updated, cut + one_codec, wanted, prepare=base, stride=5)

# --- What would lose something.
expect("another option is refused by name", 1, ["--chunk was 5x15, is 10x15", "--fresh"], "convert",
       small, "--to", whole, "--chunk", "10x15", "--shard", "10x15")
expect("other variables too", 1, ["--variables was all, is lat,lon"], "convert", small, "--to",
       whole, "--variables", "lat,lon", *cut)
expect("a granule that is missing is refused by name", 1,
       [f"{granules[0].name} is not among the inputs"], "convert", *granules[1:], "--to", whole, *cut)
run("convert", small, "--to", work / "half", *cut, env=dying(40))
expect("an unfinished year with other options, too", 1, ["--chunk was 5x15, is 10x15"], "convert",
       small, "--to", work / "half", "--chunk", "10x15", "--shard", "10x15")
foreign = work / "foreign"
(foreign / "zarrs/2020").mkdir(parents=True)
(foreign / "zarrs/2020/.zgroup").write_text("{}")
expect("a store that isn't ours is refused by name", 1, [f"{foreign}/zarrs/2020 exists"], "convert",
       small, "--to", foreign, *cut)
verdict("and all of this leaves what was there",
        tree(whole) == want and len(tree(foreign)) == 1, tree(foreign).keys())
must("convert", small, "--to", foreign, *cut, "--fresh")
must("convert", small, "--to", work / "half", *cut, "--fresh")
verdict("--fresh starts over", tree(foreign) == want and tree(work / "half") == want)

# --- Granules that are left out.
bad = work / "bad"
shutil.copytree(small, bad)
with h5py.File(bad / granules[2].name) as granule:
    dataset = granule["sst_dtime"].id
    chunk = max((dataset.get_chunk_info(i) for i in range(dataset.get_num_chunks())),
                key=lambda chunk: chunk.size)
with open(bad / granules[2].name, "r+b") as file:
    file.seek(chunk.byte_offset + chunk.size // 2)
    harmed = bytes(byte ^ 0x5A for byte in file.read(8))
    file.seek(-8, 1)
    file.write(harmed)
(bad / "20200105-unreadable.nc").write_text("this is no NetCDF")
root = work / "left-out"
expect("damaged granules are left out, named, and told by the exit status", 3,
       [f"left out .*{granules[2].name}: ", "left out .*20200105-unreadable.nc: "], "convert", bad,
       "--to", root, *cut, "--skip-bad")
listed = {item["location"]: item["reason"]
          for item in json.loads((root / "manifests/2020.json").read_text())["leftOut"]}
verdict("and are in the manifest with the reason",
        {pathlib.Path(place).name for place, reason in listed.items() if reason}
        == {granules[2].name, "20200105-unreadable.nc"}, listed)
wanted = tree(root)
expect("again, the year is up to date, and they are left out still", 3,
       ["2020: up to date", f"left out .*{granules[2].name}: "], "convert", bad, "--to", root, *cut,
       "--skip-bad")
os.remove(bad / "20200105-unreadable.nc")
expect("without --skip-bad it is refused before anything is lost", 1, ["--skip-bad"], "convert",
       bad, "--to", root, *cut)
verdict("and all stays", tree(root) == wanted)
shutil.copy(granules[2], bad / granules[2].name)
expect("once replaced, a granule comes in", 0, [f"{granules[2].name} is new"], "convert", bad, "--to",
       root, *cut)

# --- Other versions.
run("convert", small, "--to", work / "older", *cut, env=dying(40))
inputs = work / "older/journals/2019/inputs.json"
inputs.write_text(inputs.read_text().replace('"pixeldrill 0', '"pixeldrill 0.0.0'))
expect("what another version began is done again, and that is said", 0,
       ["2019: converting again: it was begun by pixeldrill 0.0.0"], "convert", small, "--to",
       work / "older", *cut)
verdict("with the same bytes", tree(work / "older") == want)
manifest = work / "older/manifests/2019.json"
manifest.write_text('{"objects": []')
expect("a manifest that can't be read is refused by name", 1, [str(manifest)], "convert", small,
       "--to", work / "older", *cut)

# --- clean.
root = work / "clean"
must("convert", small, "--to", root, "--years", 2019, *cut)
finished = tree(root)
run("convert", small, "--to", root, *cut, env=dying(40))
expect("clean lists what a killed run left", 0,
       ["journals/2020: journal", "locks/2020: lock", "nothing is removed"], "clean", root)
expect("clean --yes removes it", 0, ["removed"], "clean", root, "--yes")
verdict("and nothing else", tree(root) == finished, difference(tree(root), finished))
expect("then there is nothing to clean", 0, ["nothing to clean"], "clean", root)

# --- One writer at a time.
def paused(root):
    """A writer that has stopped amid the data of its first year."""
    process = start("convert", small, "--to", root, *cut, env=dying(40, signal.SIGSTOP))
    if not wait_stopped(process):
        raise SystemExit(f"it did not stop: {process.communicate()}")
    return process


def resumed(process):
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


for name, words in (("--break-lock", ["taking over from process"]), ("expiry", ["taking over"])):
    root = work / f"two{name}"
    writer = paused(root)
    expect("a second writer is refused, with who and since when", 1,
           [f"being written by process {writer.pid} on ", r"since 20\d\d-", "--break-lock"],
           "convert", small, "--to", root, *cut)
    expect("clean leaves alone what is being written", 0, ["left alone", "nothing to clean"],
           "clean", root, "--yes")
    extra = []
    if name == "expiry":
        lock = next((root / "locks/2019").glob("*.json"))
        record = json.loads(lock.read_text())
        record["expiresSeconds"] = time.time() - 1
        lock.write_text(json.dumps(record))
    else:
        extra = [name]
    expect(f"a third takes over by {name}", 0, words, "convert", small, "--to", root, *cut, *extra)
    code, said = resumed(writer)
    verdict("the first one, when it wakes, stops with an error",
            code == 1 and "\nerror: " in f"\n{said}", said)
    # What it was about to write when it was stopped may have come into its journal.
    got = {key: data for key, data in tree(root).items() if not key.startswith("journals/")}
    verdict("and the stores are unharmed", got == want, difference(got, want))
    must("convert", small, "--to", root, *cut)
    verdict("and the next run finds nothing to do, and tidies up", tree(root) == want,
            difference(tree(root), want))
root = work / "elsewhere"
run("convert", small, "--to", root, *cut, env=dying(40))
lock = next((root / "locks/2019").glob("*.json"))
record = json.loads(lock.read_text())
record["owner"].update(host="elsewhere", machine="another")
lock.write_text(json.dumps(record))
expect("a lock of another machine holds", 1, ["on elsewhere"], "convert", small, "--to", root, *cut)
record["expiresSeconds"] = time.time() - 1
lock.write_text(json.dumps(record))
expect("until it expires", 0, ["taking over"], "convert", small, "--to", root, *cut)
verdict("with the same bytes", tree(root) == want)
root = work / "many"
writers = [start("convert", small, "--to", root, *cut) for _ in range(6)]
ends = [(w.communicate(timeout=120), w.returncode) for w in writers]
odd = [said for (_, said), code in ends
       if code and "is being written by" not in said and "lock" not in said]
verdict("of six writers at once, one at least ends well, and the others say why not",
        any(code == 0 for _, code in ends) and not odd, odd)
must("convert", small, "--to", root, *cut)
verdict("and the stores are unharmed", tree(root) == want, difference(tree(root), want))

# --- Starved.
if os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "none", work / "disk"] if (work / "disk").mkdir()
        is None else [], capture_output=True).returncode == 0:
    expect("a full disk is one line that says what to do", 1,
           [r"^error: .*no space left.*run the same command again", r"\A[^\n]*\n\Z"], "convert", small,
           "--to", work / "disk/root", *cut)
    subprocess.run(["mount", "-o", "remount,size=8m", work / "disk"], check=True)
    must("convert", small, "--to", work / "disk/root", *cut)
    verdict("and with room, it goes on", tree(work / "disk/root") == want,
            difference(tree(work / "disk/root"), want))
    for at in (20, 40, 60):
        read_only(work / "disk", at)
else:
    print("skipped: a full disk, and one that turns read-only: that takes root, and a mount",
          file=sys.stderr)
limited = ["bash", "-c", 'ulimit -n 64 && exec "$0" "$@"']
must("convert", small, "--to", work / "files", *cut, prefix=limited)
verdict("64 open files are enough", tree(work / "files") == want)
starved = ["bash", "-c", 'ulimit -n 16 && exec "$0" "$@"']
code, said = run("convert", small, "--to", work / "few", *cut, prefix=starved)
verdict("16 aren't, and that is said in one line", code == 1 and said.count("\n") == 1
        and "open files" in said, f"{code}: {said}")

starved = ["bash", "-c", 'ulimit -v 300000 && exec "$0" "$@"']
code, said = run("convert", small, "--to", work / "narrow", *cut, prefix=starved)
verdict("too little address space is said in one line", code == 1 and said.count("\n") == 1
        and "ulimit -v allows 292 MiB" in said, f"{code}: {said}")
narrow = ["bash", "-c", 'ulimit -v 800000 && exec "$0" "$@"']
said = must("convert", small, "--to", work / "narrow", *cut, prefix=narrow)
verdict("less than --memory makes that smaller, and no other bytes",
        "so --memory is 269 MiB" in said and tree(work / "narrow") == want, said)

# --- S3.
endpoint = os.environ.get("PIXELDRILL_TEST_S3")
if endpoint:
    import resume_s3
    resume_s3.check(sys.modules[__name__], endpoint, small, cut, want)
else:
    print("left out: PIXELDRILL_TEST_S3 names no S3 server", file=sys.stderr)

# --- A larger one, killed at random.
if everything:
    large = work / "large"
    must("sample", large, "--start", "2019-12-20", "--days", 24, "--lat", 300, "--lon", 400,
         "--chunk", "75x100")
    options = ["--shard", "75x100"]
    began = time.monotonic()
    must("convert", large, "--to", work / "large-whole", *options)
    seconds = time.monotonic() - began
    wanted = tree(work / "large-whole")
    seed = int(os.environ.get("PIXELDRILL_SEED", "1"))
    chance = random.Random(seed)
    kills = 0
    for turn in range(20):
        root = work / "large-root"
        while True:
            process = start("convert", large, "--to", root, *options)
            try:
                process.communicate(timeout=chance.uniform(0.1, 1.2 * seconds))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
                if problem := torn(root):
                    failed(f"a larger conversion killed at random (seed {seed})", problem)
        if process.returncode or tree(root) != wanted:
            failed(f"a larger conversion killed at random (seed {seed}), turn {turn}",
                   difference(tree(root), wanted))
        shutil.rmtree(root)
    ok(f"a larger conversion killed {kills} times at random moments, in {turn + 1} runs")

sys.exit(1 if failures else 0)
