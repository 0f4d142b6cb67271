"""Converts as the prototype did: xarray, chunks of 64, float32, Zarr v2 with consolidated metadata.

    prototype_to_zarr.py GRANULES TARGET VARIABLE,VARIABLE…

GRANULES is a pattern. Chunks of 64 days cut a year into six, so that a pixel's year is six requests.
"""
import glob
import sys
import warnings

import xarray as xr

warnings.filterwarnings("ignore")
pattern, target, names = sys.argv[1:]
names = names.split(",")
stack = xr.open_mfdataset(
    sorted(glob.glob(pattern)), combine="nested", concat_dim="time", data_vars="minimal",
    coords="minimal", compat="override", join="override", combine_attrs="override",
    decode_timedelta=False, chunks={}, preprocess=lambda granule: granule[names])
stack = stack.chunk({"time": 64, "lat": 64, "lon": 64}).astype("float32")
for variable in stack.variables.values():
    variable.encoding = {}
stack.to_zarr(target, mode="w", consolidated=True, zarr_format=2)
