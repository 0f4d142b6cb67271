"""Three small granules with one packing, and reference sets by kerchunk 0.0.5 of them (single and
combined) and of ../ghrsst-l3s.

    python make.py

with kerchunk==0.0.5 zarr==2.10.3 numcodecs<0.12 numpy<1.24 h5py<3.11 fsspec==2021.11.1
xarray==0.20.2 dask==2021.12.0 pandas<2 netCDF4 jinja2. In the sets DATA stands for the folder that
this one is in.
"""

import json
import pathlib

import netCDF4
import numpy as np
from kerchunk.combine import MultiZarrToZarr
from kerchunk.hdf import SingleHdf5ToZarr

here = pathlib.Path(__file__).resolve().parent
random = np.random.default_rng(5)


def granule(path, day):
    """Flags have no _FillValue, and 0 is one of them; so is a latitude."""
    with netCDF4.Dataset(path, "w") as dataset:
        for name, count in (("time", 1), ("lat", 11), ("lon", 20)):
            dataset.createDimension(name, count)
        for name, type, values, units in (
            ("time", "i4", [86_400 * day], "seconds since 1981-01-01 00:00:00"),
            ("lat", "f4", np.arange(5, -6, -1), "degrees_north"),
            ("lon", "f4", np.arange(110, 130), "degrees_east"),
        ):
            variable = dataset.createVariable(name, type, (name,))
            variable.units = units
            variable[:] = values
        for name, type, fill in (("sst", "i2", -32768), ("flags", "i1", None)):
            variable = dataset.createVariable(
                name, type, ("time", "lat", "lon"), fill_value=fill, zlib=True,
                chunksizes=(1, 11, 10),
            )  # fmt: skip
            variable.set_auto_maskandscale(False)
            variable[:] = random.integers(-3, 4, (1, 11, 20))
            if fill is not None:
                variable.scale_factor, variable.add_offset = np.float32(0.01), np.float64(273.15)
                variable[0, :3, :5] = fill


granules = [here / f"day{day}.nc" for day in range(3)]
for day, path in enumerate(granules):
    granule(path, 13_000 + day)
for path in granules + sorted((here.parent / "ghrsst-l3s").glob("*.nc")):
    with open(path, "rb") as file:
        references = SingleHdf5ToZarr(file, str(path), inline_threshold=60).translate()
    (here / f"{path.name}.json").write_text(json.dumps(references))
combined = MultiZarrToZarr(
    [f"{path}.json" for path in granules],
    remote_protocol="file",
    xarray_open_kwargs={"decode_cf": False, "mask_and_scale": False, "decode_times": False},
    xarray_concat_args={"dim": "time", "data_vars": "minimal", "coords": "minimal",
                        "compat": "override"},
).translate()  # fmt: skip
(here / "combined.json").write_text(json.dumps(combined))
for path in here.glob("*.json"):
    path.write_text(path.read_text().replace(f"{here.parent}/", "DATA/"))
