#!/usr/bin/env python3
"""Write the small stores in Tests/Data/drill with other people's writers.

    .venv/bin/python       scripts/conformance/drill_make_samples.py zarr3 Tests/Data/drill
    .venv-zarr2/bin/python scripts/conformance/drill_make_samples.py zarr2 Tests/Data/drill
    .venv/bin/python       scripts/conformance/drill_make_samples.py references Tests/Data/drill

`zarr3` writes zarr3-sharded, zarr3, tensorstore, and prototype (xarray: decoded, `chunk(64)`,
float32, consolidated, Zarr v2); `zarr2` writes zarr2. Beside each STORE, STORE.expected has for
each variable VARIABLE.bin: float64, little-endian, [pixel, time], NaN where there is no value.
Packed variables are decoded as CF says: in double precision, rounded once to float32 where the
packed type has 16 bits or less. `references` writes kerchunk sets of the granules in
Tests/Data/ghrsst-l3s, whose targets begin with FOLDER/, to be replaced, and what netCDF4 reads in
them, decoded granule by granule.
"""

import json
import pathlib
import shutil
import sys

import numpy as np

STEPS, ROWS, COLUMNS = 9, 6, 7
UNITS = "seconds since 1981-01-01 00:00:00"
SCALE, OFFSET = 0.00999999977648258, 292.1700134277344
WIDE_SCALE, WIDE_OFFSET = 1.61029164946e-05, -1141.5780969


def coordinates():
    time = 1_230_000_000 + 86_400 * np.arange(STEPS, dtype="i8")
    time[5:] += 86_400  # a missing day
    lat = (19.99 - 0.02 * np.arange(ROWS)).astype("f4")
    lon = (179.93 + 0.02 * np.arange(COLUMNS)).astype("f4")
    return time, lat, lon


def data():
    """Stored numbers by name, with their attributes."""
    rng = np.random.default_rng(20261121)
    shape = (STEPS, ROWS, COLUMNS)
    sst = rng.integers(-900, 900, shape).astype("i2")
    wide = rng.integers(-(10**6), 10**6, shape).astype("i4")
    quality = rng.integers(0, 6, shape).astype("i1")
    flags = rng.choice([0, 1, 2, 4, 6, 16384], shape).astype("i2")
    unpacked = (rng.random(shape) * 30 + 270).astype("f4")
    hidden = rng.random(shape) < 0.4
    sst[hidden], wide[hidden], quality[hidden] = -32768, -2147483647, -128
    flags[hidden], unpacked[hidden] = -32768, np.nan
    sst[:, 3:, 5:] = -32768  # whole chunks of fill
    quality_names = "no_data bad_data worst_quality low_quality acceptable_quality best_quality"
    return {
        "sea_surface_temperature": (
            sst,
            -32768,
            {"scale_factor": SCALE, "add_offset": OFFSET, "units": "kelvin"},
        ),
        "sst_dtime": (
            wide,
            -2147483647,
            {"scale_factor": WIDE_SCALE, "add_offset": WIDE_OFFSET, "units": "second"},
        ),
        "quality_level": (
            quality,
            -128,
            {"flag_values": [0, 1, 2, 3, 4, 5], "flag_meanings": quality_names},
        ),
        "l2p_flags": (
            flags,
            -32768,
            {
                "flag_masks": [1, 2, 4, 16384],
                "flag_meanings": "microwave land ice cloud",
            },
        ),
        "temperature": (unpacked, None, {"units": "kelvin"}),
    }


def decoded(stored, fill, attributes):
    if "scale_factor" not in attributes:
        values = stored.astype("f8")
    else:
        values = stored.astype("f8") * attributes["scale_factor"] + attributes["add_offset"]
        if stored.dtype.itemsize <= 2:
            values = values.astype("f4").astype("f8")
    if fill is not None:
        values[stored == fill] = np.nan
    return values


def keep(folder, name, values):
    """values: [time, lat, lon]"""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.moveaxis(values.reshape(len(values), -1), 0, 1)
    (folder / f"{name}.bin").write_bytes(np.ascontiguousarray(pixels, "<f8").tobytes())


def fresh(root, name):
    for folder in (root / name, root / f"{name}.expected"):
        shutil.rmtree(folder, ignore_errors=True)
    for variable, (stored, fill, attributes) in data().items():
        keep(root / f"{name}.expected", variable, decoded(stored, fill, attributes))
    return root / name


AXES = [
    ("time", {"units": UNITS, "calendar": "standard"}),
    ("lat", {"units": "degrees_north"}),
    ("lon", {"units": "degrees_east"}),
]


def zarr3(root):
    import zarr

    for name, shards in [("zarr3-sharded", (STEPS, 4, 6)), ("zarr3", None)]:
        folder = fresh(root, name)
        group = zarr.open_group(str(folder), mode="w", zarr_format=3)
        for (axis, attributes), values in zip(AXES, coordinates()):
            array = group.create_array(axis, data=values, dimension_names=[axis])
            array.attrs.update(attributes)
        for variable, (stored, fill, attributes) in data().items():
            array = group.create_array(
                variable,
                data=stored,
                chunks=(STEPS, 2, 3) if shards else (4, 3, 4),
                shards=shards,
                fill_value=np.nan if fill is None else fill,
                dimension_names=["time", "lat", "lon"],
            )
            array.attrs.update(attributes)
            if fill is not None:
                array.attrs["_FillValue"] = fill
        zarr.consolidate_metadata(str(folder))
    tensorstore(root)
    prototype(root)


def tensorstore(root):
    """No consolidated metadata, no dimension names but those of the arrays."""
    import tensorstore as ts

    folder = fresh(root, "tensorstore")
    folder.mkdir(parents=True)
    group = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    (folder / "zarr.json").write_text(json.dumps(group))

    def write(name, values, chunk, fill, dimensions, attributes):
        spec = {
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": str(folder / name)},
            "metadata": {
                "shape": list(values.shape),
                "data_type": values.dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
                "fill_value": fill,
                "dimension_names": dimensions,
                "attributes": attributes,
                "codecs": [
                    {
                        "name": "sharding_indexed",
                        "configuration": {
                            "chunk_shape": chunk if len(chunk) == 1 else [STEPS, 1, 7],
                            "codecs": [
                                {"name": "bytes", "configuration": {"endian": "big"}}
                                if values.dtype.itemsize > 1
                                else {"name": "bytes"},
                                {"name": "gzip", "configuration": {"level": 5}},
                            ],
                            "index_location": "start",
                        },
                    }
                ],
            },
        }
        ts.open(spec, create=True, delete_existing=True).result().write(values).result()

    for (axis, attributes), values in zip(AXES, coordinates()):
        write(axis, values, [len(values)], 0, [axis], attributes)
    for variable, (stored, fill, attributes) in data().items():
        attributes = dict(attributes)
        if fill is not None:
            attributes["_FillValue"] = fill
        write(
            variable,
            stored,
            [STEPS, 3, 7],
            "NaN" if fill is None else fill,
            ["time", "lat", "lon"],
            attributes,
        )


def prototype(root):
    import xarray as xr

    folder = fresh(root, "prototype")
    time, lat, lon = coordinates()
    variables = {
        name: (("time", "lat", "lon"), decoded(stored, fill, attributes))
        for name, (stored, fill, attributes) in data().items()
    }
    dataset = xr.Dataset(variables, {"time": ("time", time, AXES[0][1]), "lat": lat, "lon": lon})
    dataset = xr.decode_cf(dataset).chunk(64).astype("float32")
    dataset.to_zarr(str(folder), consolidated=True, zarr_format=2, compute=True)
    for name in variables:
        keep(root / "prototype.expected", name, dataset[name].values.astype("f8"))


def zarr2(root):
    import numcodecs
    import zarr

    folder = fresh(root, "zarr2")
    group = zarr.open_group(str(folder), mode="w")
    for (axis, attributes), values in zip(AXES, coordinates()):
        array = group.create_dataset(axis, data=values, chunks=values.shape, fill_value=None)
        array.attrs.update({**attributes, "_ARRAY_DIMENSIONS": [axis]})
    for variable, (stored, fill, attributes) in data().items():
        array = group.create_dataset(
            variable,
            data=stored,
            chunks=(5, 4, 4),
            fill_value=np.nan if fill is None else fill,
            compressor=numcodecs.Blosc("zstd", 1, numcodecs.Blosc.SHUFFLE),
            write_empty_chunks=False,
        )
        array.attrs.update({**attributes, "_ARRAY_DIMENSIONS": ["time", "lat", "lon"]})
    zarr.consolidate_metadata(str(folder))


def references(root):
    import netCDF4
    from kerchunk.hdf import SingleHdf5ToZarr

    folder = root / "references"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    granules = sorted((root.parent / "ghrsst-l3s").glob("*.nc"))
    for name in ["sea_surface_temperature", "sst_dtime", "sses_bias", "quality_level"]:
        days = []
        for granule in granules:
            with netCDF4.Dataset(granule) as file:
                file.set_auto_maskandscale(False)
                variable = file[name]
                attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
                days.append(decoded(variable[0], attributes["_FillValue"], attributes))
        keep(root / "references.expected", name, np.stack(days))
    for granule in granules:
        found = SingleHdf5ToZarr(str(granule), inline_threshold=0).translate()
        text = json.dumps(found, indent=0, sort_keys=True)
        text = text.replace(str(granule), f"FOLDER/{granule.name}")
        (folder / f"{granule.name}.json").write_text(text + "\n")


if __name__ == "__main__":
    {"zarr2": zarr2, "zarr3": zarr3, "references": references}[sys.argv[1]](
        pathlib.Path(sys.argv[2]).resolve()
    )
