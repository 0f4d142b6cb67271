"""The same conversion by xarray, dask and zarr-python.

    xarray_to_zarr.py GRANULES TARGET VARIABLE,VARIABLE… CHUNK SHARD_ROWS SHARD_COLUMNS [packed]

GRANULES is a pattern.
Decodes each granule by its own packing (xarray does so file by file) and writes float32 (float64 for
sst_dtime) with the chunks, shards and codec that pixeldrill uses. With `packed` it keeps the packed
integers, which is right only where all granules pack alike.
"""
import glob
import sys

import numpy as np
import xarray as xr
import zarr

pattern, target, names, chunk, rows, columns = sys.argv[1:7]
keeps = sys.argv[7:] == ["packed"]
names, chunk, rows, columns = names.split(","), int(chunk), int(rows), int(columns)
files = sorted(glob.glob(pattern))
stack = xr.open_mfdataset(
    files, combine="nested", concat_dim="time", data_vars="minimal", coords="minimal",
    compat="override", join="override", combine_attrs="override", decode_timedelta=False,
    mask_and_scale=not keeps, chunks={}, preprocess=lambda granule: granule[names])
steps = stack.sizes["time"]
stack = stack.chunk({"time": steps, "lat": rows, "lon": columns})
encoding = {}
for name in names:
    packed = "scale_factor" in stack[name].encoding
    kind = stack[name].encoding.get("dtype", stack[name].dtype)
    if packed:
        kind = np.dtype("f8" if np.dtype(kind).itemsize > 2 else "f4")
    encoding[name] = {
        "dtype": kind,
        "chunks": (steps, chunk, chunk),
        "shards": (steps, rows, columns),
        "compressors": zarr.codecs.BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"),
        "_FillValue": np.nan if packed else stack[name].encoding.get("_FillValue"),
    } if not keeps else {
        "chunks": (steps, chunk, chunk),
        "shards": (steps, rows, columns),
        "compressors": zarr.codecs.BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"),
    }
    for key in ("scale_factor", "add_offset", "chunksizes"):
        stack[name].encoding.pop(key, None)
stack.to_zarr(target, mode="w", encoding=encoding, zarr_format=3, consolidated=False)
