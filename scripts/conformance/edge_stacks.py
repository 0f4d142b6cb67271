#!/usr/bin/env python3
"""Make stacks of two granules that differ in packing, fill values or types.

    edge_stacks.py FOLDER

FOLDER gets a folder for each case, with a.nc and b.nc. Those in REFUSED can't become one store
without changing values; convert must say so.
"""

import pathlib
import sys

import netCDF4
import numpy as np

ROWS, COLUMNS = 5, 7


def packed(scale, offset=None, **attributes):
    result = {"scale_factor": scale, **attributes}
    if offset is not None:
        result["add_offset"] = offset
    return {"attributes": result}


I2, I1, F4, F8 = np.int16, np.int8, np.float32, np.float64
UNSIGNED_LIMITS = {"_Unsigned": "true", "valid_min": I1(0), "valid_max": I1(-2)}
CASES = {
    "packed-then-not": (packed(F8(0.1), F8(3)), {}),
    "not-then-packed": ({}, packed(F8(0.1), F8(3))),
    "scale-1-is-none": (packed(F8(1), F8(0)), {}),
    "float32-packing": (packed(F4(0.01), F4(273.15)), packed(F4(0.01), F4(274.15))),
    "packed-floats": (
        {"type": "f4", "fill": F4(-999), **packed(F8(2))},
        {"type": "f4", "fill": F4(-999), **packed(F8(3))},
    ),
    "fills-differ": ({"fill": -999}, {"fill": -998}),
    "a-fill-then-none": ({"fill": -999}, {"fill": None}),
    "no-fill-then-one": ({"fill": None}, {"fill": -999}),
    "two-missing-values": (
        {"attributes": {"missing_value": I2([5, 6])}},
        {"attributes": {"missing_value": I2([5, 6])}},
    ),
    "uint64": ({"type": "u8", "fill": 2**64 - 1}, {"type": "u8", "fill": 2**64 - 1}),
    "int64": ({"type": "i8", "fill": -(2**62)}, {"type": "i8", "fill": -(2**62)}),
    "float64": ({"type": "f8", "fill": 1e20}, {"type": "f8", "fill": 1e20}),
    "nan-fill": ({"type": "f4", "fill": F4("nan")}, {"type": "f4", "fill": F4("nan")}),
    "unsigned-limits": (
        {"type": "i1", "fill": -1, **packed(F8(0.1), **UNSIGNED_LIMITS)},
        {"type": "i1", "fill": -1, **packed(F8(0.2), **UNSIGNED_LIMITS)},
    ),
    "negative-scale": (
        packed(F8(-0.1), valid_range=I2([-100, 900])),
        packed(F8(-0.2), valid_range=I2([-100, 900])),
    ),
    "unpacked-limits": (packed(F8(0.1), valid_min=F4(-5.1)), packed(F8(0.2), valid_min=F4(-5.3))),
    "one-limit": (packed(F8(0.1), valid_min=I2(-5)), packed(F8(0.2))),
    "absent-in-one": ({}, {"name": "other"}),
    "missing-values-differ": (
        {"attributes": {"missing_value": I2(5)}, "data": [5, 7]},
        {"attributes": {"missing_value": I2(7)}, "data": [5, 7]},
    ),
}
REFUSED = {
    "types-differ": ({"type": "i2"}, {"type": "i4"}),
    "signs-differ": ({"attributes": {"_Unsigned": "true"}}, {}),
    "a-value-is-the-others-fill": ({"fill": -998, "data": [-999]}, {"fill": -999}),
}


def make(path, day, type="i2", fill=-999, name="v", attributes=None, data=()):
    random = np.random.default_rng(day)
    with netCDF4.Dataset(path, "w") as granule:
        granule.set_auto_maskandscale(False)
        granule.createDimension("time", None)
        time = granule.createVariable("time", "i4", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [day]
        for axis, length in (("lat", ROWS), ("lon", COLUMNS)):
            granule.createDimension(axis, length)
            coordinate = granule.createVariable(axis, "f4", (axis,))
            coordinate[:] = np.arange(length)
        variable = granule.createVariable(
            name, type, ("time", "lat", "lon"), fill_value=fill, zlib=True
        )
        variable.set_auto_maskandscale(False)
        variable.setncatts(attributes or {})
        if np.dtype(type).kind == "f":
            values = random.random((1, ROWS, COLUMNS)).astype(type)
        else:
            numbers = np.iinfo(type)
            low, high = max(numbers.min, -900), min(numbers.max, 900)
            values = random.integers(low, high, (1, ROWS, COLUMNS)).astype(type)
        if fill is not None:
            values[0, 0, :3] = fill
        values[0, 1, : len(data)] = data
        variable[:] = values


def main():
    for name, granules in {**CASES, **REFUSED}.items():
        folder = pathlib.Path(sys.argv[1], "refused" if name in REFUSED else "converted", name)
        folder.mkdir(parents=True)
        for day, (file, options) in enumerate(zip(("a.nc", "b.nc"), granules), 1):
            make(folder / file, day, **options)


main()
