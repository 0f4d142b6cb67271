#!/usr/bin/env python3
"""Describes NetCDF and HDF5 files as netCDF4-python and h5py read them.

    netcdf-golden.py FOLDER [SUBFOLDER...] > netcdf-golden.json

Needs: pip install netCDF4 h5py numpy. Values are as stored (packed), little-endian, C order;
of them the CRC-32 is kept. Run it again when files are added, and look at the difference.
"""
import json
import os
import subprocess
import sys
import zlib

import h5py
import netCDF4
import numpy as np

HIDDEN = {"CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates", "DIMENSION_LIST",
          "REFERENCE_LIST", "_nc3_strict", "_NCProperties"}


def numbers(array):
    array = np.asarray(array)
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"type": array.dtype.name, "shape": list(array.shape),
            "crc32": zlib.crc32(little.tobytes())}


def attribute(value):
    """Text as a string, numbers as text that reads back the same, with their type."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.rstrip("\0")
    if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
        return list(value)
    array = np.atleast_1d(value)
    if array.dtype.kind in "iuf":
        return {"type": array.dtype.name, "values": [repr(v.item()) for v in array.ravel()]}
    return None


def netcdf_group(group, path, result):
    for name, dimension in group.dimensions.items():
        result["dimensions"][path + name] = [len(dimension), dimension.isunlimited()]
    for name, variable in group.variables.items():
        variable.set_auto_maskandscale(False)
        variable.set_auto_chartostring(False)
        entry = {"dimensions": list(variable.dimensions), "attributes": {}}
        for key in variable.ncattrs():
            if key not in HIDDEN:
                entry["attributes"][key] = attribute(variable.getncattr(key))
        numeric = isinstance(variable.datatype, np.dtype) and variable.dtype.kind in "iufS"
        if numeric and variable.dtype.names is None:
            try:
                data = variable[...]
                if variable.dtype.kind == "S":
                    data = np.ascontiguousarray(data).view(np.uint8).reshape(data.shape)
                entry.update(numbers(data))
                if variable.dtype.kind == "S":
                    entry["type"] = "text"
            except (RuntimeError, OSError) as error:
                entry["error"] = str(error)
        result["variables"][path + name] = entry
    for name, child in group.groups.items():
        netcdf_group(child, path + name + "/", result)


def by_netcdf(path):
    with netCDF4.Dataset(path) as dataset:
        result = {"reader": "netCDF4", "format": dataset.data_model, "dimensions": {},
                  "attributes": {k: attribute(dataset.getncattr(k)) for k in dataset.ncattrs()
                                 if k not in HIDDEN},
                  "variables": {}}
        netcdf_group(dataset, "", result)
        return result


def by_hdf5(path):
    result = {"reader": "h5py", "variables": {}}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            entry = {}
            plain = item.dtype.kind in "iuf" and item.dtype.itemsize in (1, 2, 4, 8)
            if plain and item.shape is not None and h5py.check_enum_dtype(item.dtype) is None:
                try:
                    entry.update(numbers(item[()]))
                except OSError as error:
                    entry["error"] = str(error)
            result["variables"][name] = entry

    with h5py.File(path) as file:
        file.visititems(visit)
    return result


def describe(path):
    try:
        return by_netcdf(path)
    except Exception as error:  # What it can't open, h5py may.
        reason = str(error)
    try:
        return by_hdf5(path)
    except Exception:
        return {"error": reason}


def describe_apart(path):
    """In a process of its own: libnetcdf crashes on some damaged files."""
    done = subprocess.run([sys.executable, __file__, "--one", path], capture_output=True)
    if done.returncode < 0:
        return {"error": f"signal {-done.returncode}"}
    return json.loads(done.stdout)


def main():
    if sys.argv[1] == "--one":
        json.dump(describe(sys.argv[2]), sys.stdout)
        return
    root = sys.argv[1]
    folders = sys.argv[2:] or [""]
    result = {}
    for folder in folders:
        for base, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.rsplit(".", 1)[-1] in ("json", "py", "md", "txt"):
                    continue
                path = os.path.join(base, name)
                result[os.path.relpath(path, root)] = describe_apart(path)
    json.dump(result, sys.stdout, indent=1, sort_keys=True)
    print()


main()
