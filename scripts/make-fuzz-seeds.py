#!/usr/bin/env python3
"""Make the seeds of the fuzz entries: small inputs that are right, in Tests/Data/fuzz/<entry>.

Files there that begin with `broke-` are inputs that once broke a parser; they are left alone. Run
with .venv/bin/python in the project's folder.
"""

import gzip
import io
import json
import pathlib
import struct
import zipfile
import zlib

import google_crc32c
import numcodecs
import numpy as np

data = pathlib.Path("Tests/Data")
target = data / "fuzz"


def write(entry, name, content):
    folder = target / entry
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


# NetCDF-3.
for path in sorted((data / "odd-netcdf").iterdir()):
    if path.read_bytes()[:3] == b"CDF" and path.stat().st_size < 6000:
        write("classic", path.name, path.read_bytes())


# HDF5 chunk trees: a root of level 1 over two leaves, and a leaf alone. The first byte is the
# entry's choice of shape, size of addresses, base and filters.
def node(level, size, keys):
    blob = b"TREE" + struct.pack("<BBH", 1, level, len(keys)) + b"\xff" * (2 * size)
    for count, start, address in keys:
        blob += struct.pack("<II", count, 0) + b"".join(struct.pack("<Q", s) for s in (*start, 0))
        blob += address.to_bytes(size, "little")
    return blob


def tile(count):
    numbers = np.arange(count, dtype="<i2")
    return zlib.compress(numbers.view("u1").reshape(-1, 2).T.tobytes())


for choice, rank, size, length in ((0b1000_1000, 1, 8, 6), (0b0000_0101, 2, 4, 12), (0, 1, 2, 6)):
    payload = tile(length) if choice & 128 else np.arange(length, dtype="<i2").tobytes()
    leaf_at = 200
    starts = [[0] * rank, [0] * (rank - 1) + [6 if rank == 1 else 4]]
    leaf = node(0, size, [(len(payload), s, 600 + i * 100) for i, s in enumerate(starts)])
    for name, root in (("leaf", leaf), ("root", node(1, size, [(0, starts[0], leaf_at)]))):
        blob = bytearray(800)
        blob[: len(root)] = root
        blob[leaf_at : leaf_at + len(leaf)] = leaf
        for i in range(len(starts)):
            blob[600 + i * 100 : 600 + i * 100 + len(payload)] = payload
        write("chunk-tree", f"{name}-{choice:03}", bytes([choice]) + bytes(blob))


# Tiles of int16, 8 x 12: three bits for each filter, then type and shape, then byte order and mask.
def fletcher32(raw):
    return numcodecs.Fletcher32().encode(raw)


plain = (np.arange(96, dtype="<i2") % 7).tobytes()
shuffled = np.frombuffer(plain, "u1").reshape(-1, 2).T.tobytes()
for name, filters, content in (
    ("plain", [], plain),
    ("deflate", [0], zlib.compress(plain)),
    ("shuffle-deflate", [1, 0], zlib.compress(shuffled)),
    ("shuffle-deflate-fletcher", [1, 0, 2], bytes(fletcher32(zlib.compress(shuffled)))),
    ("fletcher", [2], bytes(fletcher32(plain))),
    ("szip", [4], plain),
):
    codes = filters + [7] * (4 - len(filters))
    choice = sum(code << (3 * place) for place, code in enumerate(codes))
    write("tile", name, struct.pack("<HBB", choice, 1 | 7 << 2 | 1 << 5, 0) + content)

# Zarr: metadata of other writers, and shards and chunks by each codec.
for name in ("zarr3", "zarr2", "tensorstore"):
    folder = data / "zarr" / name
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        kind = {"zarr.json": 0 if len(place.parts) > 1 else 2, ".zarray": 1, ".zattrs": 1,
                ".zmetadata": 3}.get(path.name)
        if kind is not None and path.stat().st_size < 4000:
            write("zarr-metadata", f"{name}-" + "-".join(place.parts).replace(".", "_"),
                  bytes([kind]) + path.read_bytes())
write("zarr-metadata", "consolidated-2",
      bytes([3]) + (data / "drill" / "zarr2" / ".zmetadata").read_bytes()[:6000])

numbers = (np.arange(24, dtype="<i2") * 3).tobytes()
encoders = [
    ("bytes", bytes),
    ("blosc", lambda raw: numcodecs.Blosc("zstd", 1, numcodecs.Blosc.SHUFFLE).encode(
        np.frombuffer(raw, "<i2"))),
    ("zstd", numcodecs.Zstd(1).encode),
    ("gzip", lambda raw: gzip.compress(raw, 1, mtime=0)),
    ("zlib", numcodecs.Zlib(1).encode),
    ("crc32c", lambda raw: raw + struct.pack("<I", google_crc32c.value(raw))),
]
for number, (name, encode) in enumerate(encoders):
    chunk = bytes(encode(numbers))
    write("zarr-chunk", name, bytes([number]) + chunk)
    large = bytes(encode((np.arange(4 * 256 * 256, dtype="<i2") // 1000).tobytes()))
    if len(large) < 20000:
        write("zarr-chunk", f"{name}-large", bytes([number | 8]) + large)
    for at_start in (False, True):
        first = 64 if at_start else 0
        index = b"".join(
            struct.pack("<QQ", first + i * len(chunk), len(chunk)) if i != 2 else b"\xff" * 16
            for i in range(4))
        body = chunk * 4
        shard = index + body if at_start else body + index
        write("zarr-shard", f"{name}-{'start' if at_start else 'end'}",
              bytes([number | at_start << 3]) + shard)

# References.
array = json.dumps({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<i2",
                    "compressor": {"id": "zlib", "level": 1}, "fill_value": -1, "order": "C",
                    "filters": [{"id": "shuffle", "elementsize": 2}]})
refs = {".zgroup": '{"zarr_format": 2}', "v/.zarray": array,
        "v/.zattrs": '{"_ARRAY_DIMENSIONS": ["y", "x"]}', "v/0.0": ["s3://b/k.nc", 100, 20],
        "v/0.1": "base64:AAEC", "v/1.0": ["{{u}}", 5, 6], "v/1.1": ["s3://b/k.nc"]}
sets = {
    "version1": {"version": 1, "templates": {"u": "s3://b/{{c}}", "f": "x{{1 + 2 * 3}}"},
                 "gen": [{"key": "v/{{i}}.{{j}}", "url": "{{u(c=i)}}", "offset": "{{i * 10}}",
                          "length": "{{100 // (j + 1)}}",
                          "dimensions": {"i": {"stop": 3}, "j": [4, 5]}}], "refs": refs},
    "version0": {k: v for k, v in refs.items() if "{" not in str(v) or k.startswith((".", "v/."))},
    "nested": {"version": 1, "refs": {".zgroup": {"zarr_format": 2}, "v/.zarray": json.loads(array),
                                      "v/0.0": ["a\\u00e9\n", 0, 1]}},
}
for name, content in sets.items():
    text = json.dumps(content).encode()
    write("references", name + ".json", text)
    write("reference-bundle", name + ".gz", gzip.compress(text, mtime=0))
    write("reference-bundle", name + ".zst", bytes(numcodecs.Zstd(1).encode(text)))
for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for member, content in sets.items():
            archive.writestr(zipfile.ZipInfo(f"refs/{member}.json", (2020, 1, 1, 0, 0, 0)),
                             json.dumps(content))
    write("reference-bundle", name + ".zip", buffer.getvalue())

# XML.
write("xml", "list", b"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>1</KeyCount>
<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>
<Contents><Key>a/&lt;b&gt;&#10;</Key><Size>12</Size><ETag>&quot;x&quot;</ETag></Contents>
<!-- c --><CommonPrefixes><Prefix><![CDATA[a/]]></Prefix></CommonPrefixes></ListBucketResult>""")
write("xml", "error", b"<Error><Code>SlowDown</Code><Message>wait</Message></Error>")
write("xml", "empty", b"<a x='1' y=\"2\"/>")

for path in sorted(pathlib.Path("pipelines").glob("*.yaml")):
    write("pipeline", path.name, path.read_bytes())
write("pipeline", "all.yaml", b"""product: x
inputs: [a, "b/*.nc"]
to: s3://b/p
variables: {a: unpack, b: {repack: {type: int16, scale_factor: 0.01, add_offset: 2}}, c: drop}
other_variables: keep
chunk: 25x25
shard: [50, 75]
codec: blosc:zstd:1
zarr_format: 3
duplicates: last
years: 2010..2012
""")
write("points", "all.csv", b'id,lat,lon,from,until\n"a ""b""",-32.45,115.5,2020-01-01,2020-02\n'
      b"c,1e2,2,,2020-01-01T10:00:00Z\r\n\n")
write("points", "least.csv", b"\xef\xbb\xbflatitude;longitude\n1;2\n")
