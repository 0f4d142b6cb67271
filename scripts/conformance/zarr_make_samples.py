#!/usr/bin/env python3
"""Write the small Zarr stores in Tests/Data/zarr with other people's writers.

    .venv-zarr2/bin/python scripts/conformance/zarr_make_samples.py zarr2 Tests/Data/zarr
    .venv/bin/python       scripts/conformance/zarr_make_samples.py zarr3 Tests/Data/zarr
    .venv/bin/python       scripts/conformance/zarr_make_samples.py tensorstore Tests/Data/zarr

Beside each store WRITER, the folder WRITER.expected has for each array ARRAY.bin: all elements in
C order, little-endian. The numbers are the same in every run.
"""

import json
import pathlib
import shutil
import sys

import numpy as np

SHAPE = (4, 5, 3)


def values(dtype, shape=SHAPE):
    """Numbers that use all bytes of the type, with the extremes among them."""
    count = int(np.prod(shape, dtype=int))
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        numbers = (np.arange(count) * 1.37 - 20) ** 3
        numbers[3::11] = np.nan
        numbers[5::17] = -np.inf
        return numbers.astype(dtype.newbyteorder("=")).reshape(shape)
    info = np.iinfo(dtype)
    numbers = np.array(
        [(i * 2654435761 * 2654435761) % (1 << 64) % (1 << info.bits) for i in range(count)],
        dtype=np.uint64,
    )
    numbers = numbers.astype(f"u{dtype.itemsize}").view(dtype.newbyteorder("="))
    numbers[0], numbers[-1] = info.min, info.max
    return numbers.reshape(shape)


def keep(folder, name, data):
    path = folder / f"{name}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.asarray(data)
    path.write_bytes(np.ascontiguousarray(data, data.dtype.newbyteorder("<")).tobytes())


def zarr2(root, expected):
    import numcodecs
    import zarr

    group = zarr.open_group(str(root), mode="w")
    group.attrs["title"] = "by zarr-python 2"
    group.attrs["range"] = [0.5, float("nan"), 1e300]
    cases = {
        "blosc_zstd_bit": ("<i2", numcodecs.Blosc("zstd", 3, numcodecs.Blosc.BITSHUFFLE), {}),
        "blosc_lz4": ("<f4", numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE), {}),
        "blosc_zlib": ("<i4", numcodecs.Blosc("zlib", 5, numcodecs.Blosc.SHUFFLE), {}),
        "blosc_blosclz": ("<u2", numcodecs.Blosc("blosclz", 5, numcodecs.Blosc.NOSHUFFLE), {}),
        "zlib": ("<f8", numcodecs.Zlib(4), {}),
        "zlib_f4": ("<f4", numcodecs.Zlib(4), {}),
        "zstd_slash": ("<u4", numcodecs.Zstd(3), {"dimension_separator": "/"}),
        "gzip": ("|u1", numcodecs.GZip(6), {}),
        "plain_big": (">i2", None, {}),
        "blosc_big": (">f8", numcodecs.Blosc("zstd", 1), {}),
        "order_f": ("<i2", numcodecs.Zlib(1), {"order": "F"}),
        "int8": ("|i1", numcodecs.Blosc("zstd", 1), {}),
        "int64": ("<i8", numcodecs.Zstd(1), {"fill_value": None}),
        # The filters of a kerchunk reference to an HDF5 chunk.
        "hdf5_filters": (
            "<i2",
            None,
            {"filters": [numcodecs.Shuffle(2), numcodecs.Zlib(4), numcodecs.Fletcher32()]},
        ),
        "shuffle4": ("<f4", numcodecs.Zlib(4), {"filters": [numcodecs.Shuffle(4)]}),
    }
    for name, (dtype, compressor, options) in cases.items():
        data = values(dtype)
        options = {"fill_value": np.nan if data.dtype.kind == "f" else -7, **options}
        if data.dtype.kind == "u":
            options["fill_value"] = 7
        array = group.create_dataset(
            name, shape=SHAPE, chunks=(4, 3, 2), dtype=dtype, compressor=compressor, **options
        )
        array.attrs["_ARRAY_DIMENSIONS"] = ["time", "lat", "lon"]
        array[...] = data
        keep(expected, name, data)
    partial = group.create_dataset(
        "partial", shape=SHAPE, chunks=(4, 3, 2), dtype="<i2", fill_value=-32768,
        compressor=numcodecs.Zlib(1), write_empty_chunks=False,
    )
    partial.attrs["_ARRAY_DIMENSIONS"] = ["time", "lat", "lon"]
    partial.attrs["scale_factor"] = 0.01
    partial[0, 4, 2] = 5
    keep(expected, "partial", partial[...])
    scalar = group.create_dataset("scalar", shape=(), dtype="<i4", fill_value=3, compressor=None)
    scalar.attrs["_ARRAY_DIMENSIONS"] = []
    scalar[...] = -123456
    keep(expected, "scalar", scalar[...])
    group.create_dataset("unreadable", shape=(2,), dtype="|S4", chunks=(2,))
    zarr.consolidate_metadata(str(root))


def zarr3(root, expected):
    import zarr
    from zarr.codecs import (
        BloscCodec,
        BytesCodec,
        Crc32cCodec,
        GzipCodec,
        ShardingCodec,
        TransposeCodec,
        ZstdCodec,
    )

    group = zarr.open_group(str(root), mode="w", zarr_format=3)
    group.attrs["title"] = "by zarr-python 3"
    little = BytesCodec(endian="little")
    cases = {
        "blosc_zstd": ("float32", [little, BloscCodec(cname="zstd", clevel=1, typesize=4)]),
        "blosc_bit": (
            "int16",
            [little, BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle", typesize=2)],
        ),
        "gzip": ("float64", [little, GzipCodec(level=5)]),
        "zstd": ("uint64", [little, ZstdCodec(level=3, checksum=True)]),
        "plain": ("int8", [BytesCodec(endian=None)]),
        "big": ("int32", [BytesCodec(endian="big"), Crc32cCodec()]),
        "transposed": ("int16", [TransposeCodec(order=(2, 0, 1)), little, ZstdCodec()]),
        "sharded": (
            "float32",
            [
                ShardingCodec(
                    chunk_shape=(4, 1, 2),
                    codecs=[little, ZstdCodec(level=1), Crc32cCodec()],
                )
            ],
        ),
        "sharded_start": (
            "int64",
            [
                ShardingCodec(
                    chunk_shape=(2, 3, 1),
                    codecs=[little, BloscCodec(cname="zstd", typesize=8)],
                    index_location="start",
                )
            ],
        ),
        "sharded_bare_index": (
            "uint16",
            [
                ShardingCodec(
                    chunk_shape=(4, 3, 2),
                    codecs=[BytesCodec(endian="big")],
                    index_codecs=[BytesCodec(endian="big")],
                )
            ],
        ),
    }
    for name, (dtype, codecs) in cases.items():
        data = values(dtype)
        array = create3(group, name, dtype, codecs, SHAPE, (4, 3, 2))
        array[...] = data
        keep(expected, name, data)
    partial = create3(group, "sharded_partial", "int16", [cases["sharded"][1][0]], SHAPE, (4, 3, 2))
    partial[1, 4, 2] = 5
    keep(expected, "sharded_partial", partial[...])
    dots = group.create_array(
        "dots", shape=(4,), chunks=(3,), dtype="int16", fill_value=-1, compressors=None,
        chunk_key_encoding={"name": "default", "separator": "."},
    )
    dots[...] = values("int16", (4,))
    keep(expected, "dots", values("int16", (4,)))
    old = group.create_array(
        "v2_keys", shape=(4, 4), chunks=(3, 3), dtype="int16", fill_value=-1, compressors=None,
        chunk_key_encoding={"name": "v2", "separator": "."},
    )
    old[...] = values("int16", (4, 4))
    keep(expected, "v2_keys", values("int16", (4, 4)))
    scalar = group.create_array("scalar", shape=(), dtype="float64", fill_value=0.0)
    scalar[...] = -0.1
    keep(expected, "scalar", scalar[...])
    nested = group.create_group("nested")
    inner = nested.create_array("inner", shape=(2,), dtype="uint8", fill_value=9)
    inner[...] = [1, 2]
    keep(expected, "nested/inner", np.array([1, 2], "u1"))
    group.create_array("unreadable", shape=(2,), dtype="bool")
    zarr.consolidate_metadata(group.store)


def create3(group, name, dtype, codecs, shape, chunks):
    """An array with exactly these codecs."""
    import zarr
    from zarr.core.array import AsyncArray

    fill = float("nan") if np.dtype(dtype).kind == "f" else 7
    return zarr.Array(
        zarr.core.sync.sync(
            AsyncArray._create(
                group.store_path / name, shape=shape, dtype=dtype, zarr_format=3,
                chunk_shape=chunks, codecs=codecs, fill_value=fill,
                dimension_names=["time", "lat", "lon"],
            )
        )
    )


def tensorstore(root, expected):
    import tensorstore as ts

    shutil.rmtree(root, ignore_errors=True)
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    crc = {"name": "crc32c"}
    inner = [little, {"name": "zstd", "configuration": {"level": 3}}]
    cases = {
        "sharded": ("float32", "NaN", [4, 1, 2], inner + [crc], "end"),
        "sharded_start": ("int16", 7, [2, 3, 2], inner, "start"),
        "sharded_gzip": (
            "float64", 0, [4, 3, 1],
            [little, {"name": "gzip", "configuration": {"level": 5}}], "end",
        ),
        "sharded_blosc": (
            "int32", -1, [4, 3, 1],
            [little, {"name": "blosc", "configuration": {
                "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0,
            }}, crc], "end",
        ),
    }
    for name, (dtype, fill, chunk, codecs, location) in cases.items():
        store = ts.open(
            {
                "driver": "zarr3",
                "kvstore": {"driver": "file", "path": str(root / name)},
                "metadata": {
                    "shape": SHAPE,
                    "data_type": dtype,
                    "fill_value": fill,
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 3, 2]}},
                    "codecs": [{
                        "name": "sharding_indexed",
                        "configuration": {
                            "chunk_shape": chunk, "codecs": codecs,
                            "index_codecs": [little, crc], "index_location": location,
                        },
                    }],
                },
            },
            create=True,
        ).result()
        store.write(values(dtype)).result()
        keep(expected, name, values(dtype))
    store = ts.open(
        {
            "driver": "zarr",
            "kvstore": {"driver": "file", "path": str(root / "v2_blosc")},
            "metadata": {
                "shape": SHAPE, "dtype": ">i4", "fill_value": -1, "chunks": [4, 3, 2],
                "order": "F", "dimension_separator": "/",
                "compressor": {
                    "id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 2, "blocksize": 0,
                },
            },
        },
        create=True,
    ).result()
    store.write(values("int32")).result()
    keep(expected, "v2_blosc", values("int32"))
    (root / "zarr.json").write_text(
        json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}}))


def main():
    writer, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    expected = folder / f"{writer}.expected"
    shutil.rmtree(expected, ignore_errors=True)
    np.seterr(all="ignore")
    {"zarr2": zarr2, "zarr3": zarr3, "tensorstore": tensorstore}[writer](folder / writer, expected)


main()
