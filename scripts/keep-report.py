#!/usr/bin/env python3
"""Keeps a report of the full benchmark as a dated result; used by `make bench-keep`.

    keep-report.py FOLDER

Copies FOLDER/bench.{md,html,json} and FOLDER/kernels.txt to benchmarks/results, named by the report's
day, and writes the table of benchmarks/results/README.md anew from all the JSON files there.
"""

import json
import pathlib
import re
import shutil
import sys

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "benchmarks" / "results"
JOB = "one pixel, 1 year"


def keep(folder):
    report = json.loads((folder / "bench.json").read_text())
    if report["title"] != "full":
        sys.exit(f"keep-report: “{report['title']}” isn't the full benchmark")
    day = report["date"][:10]
    for kind in ("md", "html", "json"):
        shutil.copy(folder / f"bench.{kind}", RESULTS / f"{day}.{kind}")
    machine = report["machine"]
    (RESULTS / f"{day}-kernels.txt").write_text(
        f"{day}, pixeldrill {report['versions']['pixeldrill']}, {machine['processor']}, one of "
        f"{machine['coreCount']} cores, {machine['system']}\n\n"
        + (folder / "kernels.txt").read_text()
    )
    return day


def digits(value):
    """Three, as the report has them."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:#.3g}"


def seconds(value):
    if value < 1e-3:
        return f"{digits(value * 1e6)} µs"
    return f"{digits(value * 1e3)} ms" if value < 1 else f"{digits(value)} s"


def row(path):
    report = json.loads(path.read_text())
    routes = {
        own["route"]: own["seconds"]["median"] for own in report["measurements"]
        if (own["job"], own["network"], own["temperature"]) == (JOB, "folder", "warm")
    }  # fmt: skip
    programs = {own["program"]: own["seconds"]["median"] for own in report["conversions"]}

    def beside(times, name, own):
        return f"{digits(times[name] / times[own])} ×" if name in times else "–"

    day, machine = path.stem, report["machine"]
    cells = [
        day, f"{machine['processor']}, {machine['coreCount']} cores",
        seconds(routes["zarr-v3"]), beside(routes, "references", "zarr-v3"),
        beside(routes, "whole-file", "zarr-v3"), seconds(programs["pixeldrill, Zarr v3"]),
        beside(programs, "xarray to_zarr", "pixeldrill, Zarr v3"),
        f"[words]({day}.md), [page]({day}.html), [JSON]({day}.json), [kernels]({day}-kernels.txt)",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def write_table():
    index = RESULTS / "README.md"
    rows = "".join(row(path) for path in sorted(RESULTS.glob("*.json"), reverse=True))
    rule = r"(^\|---\|.*\n)(?:\|.*\n)*"
    index.write_text(re.sub(rule, lambda match: match[1] + rows, index.read_text(), flags=re.M))


if __name__ == "__main__":
    day = keep(pathlib.Path(sys.argv[1]))
    write_table()
    print(f"kept as benchmarks/results/{day}.*")
