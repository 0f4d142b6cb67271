#!/usr/bin/env python3
"""Harm one thing in a store, so that `verify` can be asked what it was.

    verify_damage.py DAMAGE ROOT [ARGUMENT...]

The store is ROOT/zarrs/2020. With `--hide` as the last argument the manifest is made to match what
the damage did: sizes and checksums of all objects are computed anew.
"""

import json
import os
import pathlib
import shutil
import sys

import google_crc32c
import netCDF4
import numpy as np
import zarr

damage, root, *arguments = sys.argv[1:]
root = pathlib.Path(root)
store = root / "zarrs" / "2020"
manifest_path = root / "manifests" / "2020.json"
hides = arguments[-1:] == ["--hide"]
if hides:
    arguments.pop()


def array(name):
    return zarr.open_group(str(store), mode="r+", use_consolidated=False)[name]


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, indent=2))


def flip(key, place):
    """One bit of an object's byte at a place, counted from its end if negative."""
    data = bytearray((store / key).read_bytes())
    data[int(place)] ^= 4
    (store / key).write_bytes(data)


def swap(name, first, second):
    one = array(name)
    values = one[:]
    values[[int(first), int(second)]] = values[[int(second), int(first)]]
    one[:] = values


def set_value(name, *place):
    one = array(name)
    place = tuple(int(p) for p in place)
    # The highest bit of a number's mantissa, or the lowest of an integer.
    value = one[place]
    one[place] = value + 1 if value == value else 1


def scale(name, factor):
    one = array(name)
    one[:] = one[:] * one.dtype.type(factor)


def shift_time(hours):
    one = array("time")
    one[:] = one[:] + int(hours) * 3600


def shift_manifest_time(day):
    edit(manifest_path, lambda m: [
        s.update(times=[t.replace(day, "2020-01-31") for t in s["times"]]) for s in m["sources"]])


def attribute(name, key, value):
    """In the array's own metadata only."""
    v3 = store / name / "zarr.json"
    if v3.exists():
        edit(v3, lambda d: d["attributes"].update({key: json.loads(value)}))
    else:
        edit(store / name / ".zattrs", lambda d: d.update({key: json.loads(value)}))


def copied_attribute(name, key, value):
    """In the consolidated copy only."""
    if (store / "zarr.json").exists():
        edit(store / "zarr.json", lambda d: d["consolidated_metadata"]["metadata"][name][
            "attributes"].update({key: json.loads(value)}))
    else:
        edit(store / ".zmetadata", lambda d: d["metadata"][f"{name}/.zattrs"].update(
            {key: json.loads(value)}))


def both_attributes(name, key, value):
    attribute(name, key, value)
    copied_attribute(name, key, value)


def global_attribute(key, value):
    edit(store / "zarr.json", lambda d: d["attributes"].update({key: json.loads(value)}))


def drop_global_attribute(key):
    if (store / "zarr.json").exists():
        edit(store / "zarr.json", lambda d: d["attributes"].pop(key))
    else:
        edit(store / ".zattrs", lambda d: d.pop(key))
        edit(store / ".zmetadata", lambda d: d["metadata"][".zattrs"].pop(key))


def drop_attribute(name, key):
    """In the array's own metadata and in the consolidated copy."""
    if (store / "zarr.json").exists():
        edit(store / name / "zarr.json", lambda d: d["attributes"].pop(key))
        edit(store / "zarr.json", lambda d: d["consolidated_metadata"]["metadata"][name][
            "attributes"].pop(key))
    else:
        edit(store / name / ".zattrs", lambda d: d.pop(key))
        edit(store / ".zmetadata", lambda d: d["metadata"][f"{name}/.zattrs"].pop(key))


def truncate(key, count):
    os.truncate(store / key, (store / key).stat().st_size - int(count))


def drop(key):
    (store / key).unlink()


def add(key):
    (store / key).parent.mkdir(parents=True, exist_ok=True)
    (store / key).write_bytes(b"surplus")


def garble(key):
    (store / key).write_text("{")


def altered_granules(granules, target, name, key, value):
    """Copies of granules, one attribute of one variable another; ROOT is not looked at."""
    shutil.copytree(granules, target)
    for path in pathlib.Path(target).iterdir():
        with netCDF4.Dataset(path, "a") as dataset:
            if name in dataset.variables:
                dataset[name].setncattr(key, np.float64(json.loads(value)))


def differing_years(granules, target, name, other):
    """Copies of granules of two years, each with something that decides what stores of the other
    have; ROOT is not looked at."""
    shutil.copytree(granules, target)
    paths = sorted(pathlib.Path(target).iterdir())
    with netCDF4.Dataset(paths[0], "a") as dataset:
        dataset.institution = "another"
    for path in paths[1:]:
        with netCDF4.Dataset(path, "a") as dataset:
            if name in dataset.variables:
                dataset[name].valid_min = np.int16(-30000)
    with netCDF4.Dataset(paths[-1], "a") as dataset:
        dataset[other].delncattr("valid_max")


def point_to(granules):
    """Lets the manifest name other granules as the sources, as they are now."""
    def change(manifest):
        text = {}
        for source in manifest["sources"]:
            path = pathlib.Path(granules) / pathlib.Path(source["location"]).name
            text[source["location"]] = str(path)
            status = path.stat()
            source.update(
                location=str(path), byteCount=status.st_size, modifiedSeconds=status.st_mtime)
        for variable in manifest["variables"].values():
            for key in ("attributesFrom", "valuesFrom"):
                if variable.get(key):
                    variable[key] = str(
                        pathlib.Path(granules) / pathlib.Path(variable[key]).name)
    edit(manifest_path, change)


def replace_source(name):
    """The first granule's variable gets another value, and the file another time."""
    path = json.loads(manifest_path.read_text())["sources"][0]["location"]
    with netCDF4.Dataset(path, "a") as dataset:
        dataset[name].set_auto_maskandscale(False)
        values = dataset[name][:]
        values[0, 3, 4] = 3 - values[0, 3, 4]
        dataset[name][:] = values
    os.utime(path, (1e9, 1e9))


def remove_source():
    pathlib.Path(json.loads(manifest_path.read_text())["sources"][0]["location"]).unlink()


def drop_from_manifest(key):
    (store / key).unlink()
    edit(manifest_path, lambda m: m.update(objects=[o for o in m["objects"] if o["key"] != key]))


def remove_manifest():
    manifest_path.unlink()


globals()[damage.replace("-", "_")](*arguments)

if hides:
    def hide(manifest):
        for record in manifest["objects"]:
            data = (store / record["key"]).read_bytes()
            record["byteCount"] = len(data)
            record["crc32c"] = google_crc32c.value(data)
    edit(manifest_path, hide)
