"""The same conversion by the fastest Python we could write: what `compare.py` holds pixeldrill against.

    tuned_python.py GRANULES TARGET VARIABLE,VARIABLE... CHUNK SHARD_ROWS SHARD_COLUMNS THREADS

It keeps packed integers, so it is right only for granules that all pack alike. Chunks are found by
h5py, read by offset, inflated by libdeflate, gathered by numpy, encoded by blosc (zstd 1) and written
shard by shard, in threads: none of this holds Python's lock for long. Holds a whole shard of all steps.
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import deflate
import h5py
import numcodecs.blosc
import numpy as np

folder, target, names, chunk, rows, columns, threads = sys.argv[1:]
names, chunk, rows, columns, threads = (
    names.split(","), int(chunk), int(rows), int(columns), int(threads))
files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".nc"))
numcodecs.blosc.use_threads = False
pool = ThreadPoolExecutor(threads)
handles = [os.open(file, os.O_RDONLY) for file in files]


def index(file, name):
    """Offset and byte count of each chunk, with its first element."""
    with h5py.File(file) as granule:
        data = granule[name]
        found = []
        data.id.chunk_iter(lambda info: found.append((info.chunk_offset[1:], info.byte_offset, info.size)))
        return found, data.chunks[1:], data.dtype, data.shape[1:], data.shuffle, data.fillvalue


def decode(handle, offset, size, shape, dtype, shuffled):
    count = int(np.prod(shape)) * dtype.itemsize
    plain = np.frombuffer(deflate.zlib_decompress(os.pread(handle, size, offset), count), np.uint8)
    if shuffled and dtype.itemsize > 1:
        plain = np.ascontiguousarray(plain.reshape(dtype.itemsize, -1).T)
    return plain.reshape(-1).view(dtype).reshape(shape)


def load(step, block, granule, top, left):
    found, shape, dtype, _, shuffled, _ = granule
    for (y, x), offset, size in found:
        y0, y1 = max(y, top), min(y + shape[0], top + block.shape[1])
        x0, x1 = max(x, left), min(x + shape[1], left + block.shape[2])
        if y0 < y1 and x0 < x1:
            tile = decode(handles[step], offset, size, shape, dtype, shuffled)
            block[step, y0 - top:y1 - top, x0 - left:x1 - left] = tile[y0 - y:y1 - y, x0 - x:x1 - x]


def encode(block, y, x, fill):
    part = np.ascontiguousarray(block[:, y:y + chunk, x:x + chunk])
    if (part == fill).all():
        return b""
    # One block for the chunk, as pixeldrill does.
    return numcodecs.blosc.compress(part, b"zstd", 1, numcodecs.blosc.SHUFFLE, part.nbytes)


for name in names:
    granules = list(pool.map(lambda file: index(file, name), files))
    _, _, dtype, (height, width), _, fill = granules[0]
    for top, left in product(range(0, height, rows), range(0, width, columns)):
        shape = len(files), min(rows, height - top), min(columns, width - left)
        block = np.full(shape, fill, dtype)
        list(pool.map(
            lambda step: load(step, block, granules[step], top, left), range(len(files))))
        places = product(range(0, shape[1], chunk), range(0, shape[2], chunk))
        parts = list(pool.map(lambda place: encode(block, *place, fill), places))
        os.makedirs(f"{target}/{name}", exist_ok=True)
        with open(f"{target}/{name}/{top // rows}.{left // columns}", "wb") as shard:
            shard.writelines(parts)
            shard.write(np.array([len(part) for part in parts], "<u8").tobytes())
