#!/usr/bin/env python3
"""Checks with netCDF4-python (and h5py) that a sample stack has every trap of the L3S archive.

    sample_check.py GRANULES...

Give the granules of a stack of at least 8 days with all variables and the usual chunks. Prints one
line per check; ends with 1 if one fails.
"""

import datetime
import os
import re
import sys

import h5py
import netCDF4
import numpy

NAME = re.compile(r"(\d{8})152000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_night\.nc")
FILLS = {"int8": -128, "int16": -32768, "int32": -2147483647}
VALID = {
    "int8": (-127, 127),
    "int16": (-32767, 32767),
    "int32": (-2147483645, 2147483645),
}
UNPACKED = {"l2p_flags": (0, 32767), "quality_level": (0, 5)}
TEMPERATURES = ("sea_surface_temperature", "sst_mean")
SOMETIMES = {
    "sea_ice_fraction",
    "sea_ice_fraction_dtime_from_sst",
    "sst_count",
    "sst_mean",
    "sst_standard_deviation",
}


class Checks:
    def __init__(self):
        self.failed = 0

    def __call__(self, sentence, holds, detail=""):
        if not holds:
            self.failed += 1
        print(("ok      " if holds else "FAILED  ") + sentence + (f": {detail}" if detail else ""))


def data_variables(dataset):
    return [v for v in dataset.variables.values() if v.dimensions == ("time", "lat", "lon")]


def is_string_attribute(path, variable, name):
    """Whether an attribute has variable length; netCDF4-python reads both forms alike."""
    with h5py.File(path, "r") as file:
        attributes = file[variable].attrs if variable else file.attrs
        kind = attributes.get_id(name).get_type()
        return isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str()


def check_granule(check, path, seen):
    name = os.path.basename(path)
    match = NAME.fullmatch(name)
    check(f"{name} is named as in the archive", match is not None)
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        problems = []

        def expect(sentence, holds):
            if not holds:
                problems.append(sentence)

        expect("NetCDF-4", dataset.data_model == "NETCDF4")
        expect("the title says synthetic", "SYNTHETIC" in dataset.title)
        expect("the comment says synthetic", "SYNTHETIC" in dataset.comment)
        east = dataset.easternmost_longitude
        expect("the eastern limit is wrapped", east.dtype == numpy.float32 and east < 0)

        lat, lon, time = (dataset.variables[n] for n in ("lat", "lon", "time"))
        expect("lat is float32 and descends", lat.dtype == "f4" and (numpy.diff(lat[:]) < 0).all())
        expect("lat begins at 19.99", lat[0] == numpy.float32(19.99))
        expect("lon is float32 and ascends", lon.dtype == "f4" and (numpy.diff(lon[:]) > 0).all())
        expect("lon begins at 70.01", lon[0] == numpy.float32(70.01))
        expect("lon goes past 180", lon[-1] == numpy.float32(189.99))
        expect("time is int32 with a fill", time.dtype == "i4" and time._FillValue == -2147483647)
        expect("time counts from 1981", time.units == "seconds since 1981-01-01 00:00:00")
        epoch = datetime.datetime(1981, 1, 1)
        moment = epoch + datetime.timedelta(seconds=int(time[0]))
        expect(
            "time is 15:20 of the day",
            match and moment.strftime("%Y%m%d%H%M%S") == match[1] + "152000",
        )

        for variable in data_variables(dataset):
            check_variable(expect, variable, seen)
        sea = dataset["sea_surface_temperature"][0] != -32768
        seen["masks"].append(sea)
        seen["days"].append(moment.date())
        seen["variables"].append({v.name for v in data_variables(dataset)})
        seen["layouts"].append(
            {v.dtype.name: tuple(v.chunking()) for v in data_variables(dataset)}
        )
        strings = is_string_attribute(path, None, "acknowledgment")
        expect(
            "both edited attributes have one form",
            strings == is_string_attribute(path, "l2p_flags", "flag_meanings"),
        )
        seen["strings"].append(strings)
        check(f"{name} is as the schema has it", not problems, "; ".join(problems))


def check_variable(expect, variable, seen):
    name, kind = variable.name, variable.dtype.name
    stored = variable[:]
    fill = FILLS[kind]
    has = stored != fill
    expect(f"{name} has the fill {fill}", variable._FillValue == fill)
    low, high = UNPACKED.get(name, VALID[kind])
    expect(
        f"{name} has a valid range in packed units",
        variable.valid_min == low
        and variable.valid_max == high
        and variable.valid_min.dtype == variable.dtype,
    )
    inside = (stored[has] >= low) & (stored[has] <= high)
    expect(f"{name} lies in its valid range", inside.all())
    filters = variable.filters()
    expect(
        f"{name} is shuffled and deflated at level 3",
        filters["zlib"] and filters["shuffle"] and filters["complevel"] == 3,
    )
    packed = {"scale_factor", "add_offset"} & set(variable.ncattrs())
    if name in UNPACKED:
        expect(f"{name} has no packing", not packed)
        return
    expect(f"{name} has a packing", len(packed) == 2)
    scale, offset = variable.scale_factor, variable.add_offset
    expect(f"{name} has a packing of float64", scale.dtype == offset.dtype == "f8")
    seen["packings"].setdefault(name, []).append((float(scale), float(offset)))
    if name in TEMPERATURES:
        expect(f"{name} is scaled by 0.01 as float32", scale == float(numpy.float32(0.01)))
    elif has.any() and stored[has].min() != stored[has].max():
        # The range of the day fills the packed range.
        expect(
            f"{name} fills the packed range",
            stored[has].min() <= low + 1 and stored[has].max() >= high - 1,
        )


def check_stack(check, seen):
    days = seen["days"]
    check("the days ascend", days == sorted(days))
    span = (days[-1] - days[0]).days + 1
    check("days are missing inside", span > len(days), f"{span - len(days)} of {span}")

    for name, packings in sorted(seen["packings"].items()):
        offsets = {offset for _, offset in packings}
        scales = {scale for scale, _ in packings}
        if name == "sst_count":
            continue  # Its range is 1 to 2 on every day, as in the archive.
        check(f"{name} has other offsets from day to day", len(offsets) > 1, f"{len(offsets)}")
        varies = len(scales) > 1
        check(
            f"{name} has {'one scale' if name in TEMPERATURES else 'other scales'}",
            varies != (name in TEMPERATURES),
            f"{len(scales)}",
        )

    layouts = seen["layouts"]
    changes = sum(a != b for a, b in zip(layouts, layouts[1:]))
    check("the chunk layout changes once", changes == 1, f"{layouts[0]} to {layouts[-1]}")
    sets = seen["variables"]
    sometimes = set.union(*sets) - set.intersection(*sets)
    check("some variables are in a part of the files only", sometimes == SOMETIMES, f"{sometimes}")
    strings = seen["strings"]
    check(
        "some files have attributes of variable length",
        0 < sum(strings) < len(strings),
        f"{sum(strings)} of {len(strings)}",
    )

    masks = numpy.array(seen["masks"])
    never = ~masks.any(axis=0)
    rows, columns = never.shape
    # 20.5 to 26.8 degrees south, 122.8 to 139.6 east.
    outback = never[int(rows * 0.45) : int(rows * 0.52), int(columns * 0.44) : int(columns * 0.58)]
    check("land never has data", outback.all())
    missing = 1 - masks.mean(axis=(1, 2))
    check(
        "clouds, gaps and land hide most of every day",
        ((missing > 0.72) & (missing < 0.90)).all(),
        f"{missing.min():.2f} to {missing.max():.2f}",
    )
    moved = [(a != b).mean() for a, b in zip(masks, masks[1:])]
    check("the clouds move", min(moved) > 0.03, f"{min(moved):.2f} of the pixels at least")
    alike = (masks[:, :, 1:] == masks[:, :, :-1]).mean()
    check("the clouds are contiguous", alike > 0.9, f"{alike:.3f} of neighbours alike")


def main(paths):
    if len(paths) < 6:
        print(__doc__, file=sys.stderr)
        return 2
    check = Checks()
    seen = {k: [] for k in ("days", "variables", "layouts", "strings", "masks")}
    seen["packings"] = {}
    for path in sorted(paths, key=os.path.basename):
        check_granule(check, path, seen)
    check_stack(check, seen)
    print(f"{check.failed} checks failed" if check.failed else "all checks passed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
