#!/usr/bin/env python3
"""Cut a window out of NetCDF-3 granules; format, record dimension, types and attributes stay.

    cut_window.py FOLDER lat=100:160 lon=600:680 -- GRANULES...

Made the windows in Tests/Data/stacks.
"""

import os
import sys

import netCDF4


def cut(source_path, target_path, window):
    with netCDF4.Dataset(source_path) as source:
        if not source.data_model.startswith("NETCDF3"):
            sys.exit(f"{source_path} is {source.data_model}, not NetCDF-3")
        with netCDF4.Dataset(target_path, "w", format=source.data_model) as target:
            source.set_auto_maskandscale(False)
            target.set_auto_maskandscale(False)
            target.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
            for name, dimension in source.dimensions.items():
                length = len(range(len(dimension))[window.get(name, slice(None))])
                target.createDimension(name, None if dimension.isunlimited() else length)
            for name, variable in source.variables.items():
                attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
                fill = attributes.pop("_FillValue", False)
                copy = target.createVariable(
                    name, variable.dtype, variable.dimensions, fill_value=fill
                )
                copy.set_auto_maskandscale(False)
                copy.setncatts(attributes)
                copy[...] = variable[tuple(window.get(d, slice(None)) for d in variable.dimensions)]


def main():
    split = sys.argv.index("--")
    folder, *texts = sys.argv[1:split]
    window = {}
    for text in texts:
        name, _, bounds = text.partition("=")
        window[name] = slice(*(int(bound) for bound in bounds.split(":")))
    for path in sys.argv[split + 1 :]:
        cut(path, os.path.join(folder, os.path.basename(path)), window)


main()
