"""Reads series with xarray, a line of JSON for each line of JSON: what `pixeldrill bench` compares.

    drill_peer.py zarr|references

    {"open": [SOURCE, …], "variable": NAME, "endpoint": URL}      → {"seconds": s, "cpu": s}
    {"read": {"rows": [r, …], "columns": [c, …], "box": false, "steps": n}, "values": true}
                                                                  → also "values": base64 of float64
    {"versions": true}                                            → {"versions": {name: version}}

Sources are opened as a scientist would: `xr.open_dataset` for each store or reference set, with its
own decoding. With "box" rows and columns are bounds. Values have the shape [pixel, step], NaN where
there is none; times don't include making JSON of them.
"""
import base64
import importlib.metadata
import json
import sys
import time
import warnings

import numpy as np
import xarray as xr

warnings.filterwarnings("ignore")
kind = sys.argv[1]
state = {}


def s3(endpoint):
    return {"client_kwargs": {"endpoint_url": endpoint}} if endpoint else {}


def open_one(source, endpoint):
    common = {"engine": "zarr", "cache": False, "chunks": None, "decode_timedelta": False}
    if kind == "zarr":
        options = {"storage_options": s3(endpoint)} if source.startswith("s3://") else {}
        return xr.open_dataset(source, consolidated=True, **options, **common)
    options = {"fo": source}
    if source.startswith("s3://"):
        options |= {
            "target_options": s3(endpoint), "remote_protocol": "s3", "remote_options": s3(endpoint) | {"asynchronous": True}}
    return xr.open_dataset(
        "reference://", backend_kwargs={"storage_options": options, "consolidated": False}, **common)


def open_all(request):
    state["arrays"] = [
        open_one(source, request.get("endpoint"))[request["variable"]] for source in request["open"]]


def read(request):
    rows, columns, left = request["rows"], request["columns"], request["steps"]
    if request["box"]:
        place = {"lat": slice(*rows), "lon": slice(*columns)}
    elif len(rows) == 1:
        place = {"lat": slice(rows[0], rows[0] + 1), "lon": slice(columns[0], columns[0] + 1)}
    else:
        place = {"lat": xr.DataArray(rows, dims="pixel"), "lon": xr.DataArray(columns, dims="pixel")}
    parts = []
    for array in state["arrays"]:
        if left <= 0:
            break
        part = array.isel(time=slice(0, left), **place)
        part = part.transpose("time", ...).values
        left -= part.shape[0]
        parts.append(part.reshape(part.shape[0], -1))
    return np.concatenate(parts)


def answer(request):
    if "versions" in request:
        names = ["xarray", "zarr", "numpy", "fsspec", "numcodecs", "netCDF4"]
        return {"versions": {name: importlib.metadata.version(name) for name in names}}
    cpu, start = time.process_time(), time.perf_counter()
    values = open_all(request) if "open" in request else read(request["read"])
    times = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    if request.get("values"):
        # Packed numbers of 16 bits and less become float32, as xarray's float64 rounds.
        values = values.astype("f4") if values.dtype == "f8" else values
        values = np.ascontiguousarray(values.T.astype("<f8"))
        times["values"] = base64.b64encode(values.tobytes()).decode()
    return times


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
