#!/usr/bin/env python3
"""Compare a Zarr v2 store, read by zarr-python 2, with numbers in .npy files, bit for bit.

    .venv-zarr2/bin/python scripts/conformance/zarr2_values.py STORE FOLDER

FOLDER has ARRAY.npy for each array. Prints the number of values compared, or what differs.
"""

import pathlib
import sys

import numpy as np
import zarr

assert zarr.__version__.startswith("2."), zarr.__version__
store = zarr.open_consolidated(sys.argv[1], mode="r")
count = 0
findings = []
for path in sorted(pathlib.Path(sys.argv[2]).glob("*.npy")):
    want = np.load(path)
    got = np.asarray(store[path.stem][...])
    if got.dtype != want.dtype or got.shape != want.shape:
        findings.append(
            f"{path.stem}: {got.dtype} {got.shape} instead of {want.dtype} {want.shape}"
        )
    elif got.tobytes() != want.tobytes():
        findings.append(f"{path.stem}: values differ")
    count += want.size
print("\n".join(findings) if findings else count)
sys.exit(1 if findings else 0)
