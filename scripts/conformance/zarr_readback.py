#!/usr/bin/env python3
"""Read the stores of the conformance matrix with other people's readers, and compare every bit.

    PIXELDRILL_ZARR_MATRIX=DIR swift test --filter ConformanceMatrixTests
    .venv/bin/python       scripts/conformance/zarr_readback.py DIR   # zarr 3, xarray, tensorstore, netCDF
    .venv-zarr2/bin/python scripts/conformance/zarr_readback.py DIR   # zarr 2

DIR has for each case a store CASE and a folder CASE.expected with ARRAY.bin: the elements in C
order, little-endian. A reader that isn't installed is named as left out. Exit status 1 if anything
differs or nothing was compared.
"""

import base64
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import warnings

import numpy as np


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        return None


zarr = optional("zarr")
xarray = optional("xarray")
tensorstore = optional("tensorstore")
netCDF4 = optional("netCDF4")


class Store:
    """A store with what its own metadata says, parsed here and by nobody else."""

    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name
        self.format = 3 if (folder / "zarr.json").exists() else 2
        self.arrays = {}
        for path in sorted((folder.parent / f"{folder.name}.expected").glob("*.bin")):
            name = path.stem
            if self.format == 3:
                meta = json.loads((folder / name / "zarr.json").read_text())
                dtype = np.dtype(meta["data_type"])
                names, attributes = meta["dimension_names"], meta["attributes"]
                mask = attributes.get("_FillValue")
                if isinstance(mask, str):
                    mask = struct.unpack("<d", base64.b64decode(mask))[0]
            else:
                meta = json.loads((folder / name / ".zarray").read_text())
                dtype = np.dtype(meta["dtype"])
                attributes = json.loads((folder / name / ".zattrs").read_text())
                names, mask = attributes.pop("_ARRAY_DIMENSIONS"), meta["fill_value"]
                mask = float(mask) if isinstance(mask, str) else mask
            bits = path.read_bytes()
            self.arrays[name] = {
                "data": np.frombuffer(bits, dtype.newbyteorder("<")).reshape(meta["shape"]),
                "dims": tuple(names),
                "mask": mask,
                "attributes": attributes,
            }


class Report:
    def __init__(self):
        self.compared = 0
        self.differences = []
        self.left_out = set()

    def same(self, where, got, expected):
        """Equal shape, type and bits."""
        self.compared += 1
        got = np.asarray(got)
        if got.shape != expected.shape or got.dtype.newbyteorder("=") != expected.dtype.newbyteorder("="):
            self.differ(where, f"{got.dtype}{got.shape}, not {expected.dtype}{expected.shape}")
        elif np.ascontiguousarray(got, expected.dtype).tobytes() != expected.tobytes():
            count = int((got.astype(expected.dtype).view("u1").reshape(-1)
                         != expected.view("u1").reshape(-1)).sum()) if got.ndim else 1
            self.differ(where, f"{count} bytes differ")

    def equal(self, where, got, expected):
        self.compared += 1
        if got != expected:
            self.differ(where, f"{got!r}, not {expected!r}")

    def differ(self, where, what):
        self.differences.append(f"{where}: {what}")


def by_zarr(store, report):
    where = f"zarr {zarr.__version__}, {store.name}"
    if zarr.__version__.startswith("2."):
        if store.format == 3:
            return
        group = zarr.open_consolidated(str(store.folder), mode="r")
    else:
        group = zarr.open_consolidated(str(store.folder), mode="r")
        members = dict(group.members())
        report.equal(f"{where}, members", sorted(members), sorted(store.arrays))
    for name, array in store.arrays.items():
        node = group[name]
        report.same(f"{where}/{name}", node[...], array["data"])
        attributes = dict(node.attrs)
        attributes.pop("_ARRAY_DIMENSIONS", None)
        report.equal(f"{where}/{name} attributes", attributes, array["attributes"])


def by_xarray(store, report):
    where = f"xarray {xarray.__version__}, {store.name}"
    options = {"consolidated": True, "chunks": None}
    with xarray.open_zarr(
        store.folder, mask_and_scale=False, decode_times=False, **options
    ) as raw:
        report.equal(f"{where}, variables", sorted(raw.variables), sorted(store.arrays))
        for name, array in store.arrays.items():
            report.same(f"{where}/{name} raw", raw[name].values, array["data"])
            report.equal(f"{where}/{name} dimensions", raw[name].dims, array["dims"])
    with xarray.open_zarr(store.folder, **options) as decoded:
        for name, array in store.arrays.items():
            values, got = array["data"], decoded[name].values
            attributes = array["attributes"]
            if name == "time":
                epoch = np.datetime64("1981-01-01T00:00:00", "s")
                expected = epoch + values.astype("m8[s]")
                report.equal(f"{where}/time decoded", list(got.astype("M8[s]")), list(expected))
                continue
            if array["mask"] is None:
                report.same(f"{where}/{name} decoded", got, values)
                continue
            mask = array["mask"]
            absent = np.isnan(values) if mask != mask else values == np.array(mask, values.dtype)
            report.equal(f"{where}/{name} absent", np.isnan(got).tolist(), absent.tolist())
            expected = (values.astype("f8") * attributes.get("scale_factor", 1.0)
                        + attributes.get("add_offset", 0.0))
            # xarray may unpack in float32.
            report.equal(
                f"{where}/{name} decoded",
                bool(np.allclose(got[~absent], expected[~absent], rtol=2e-7, atol=0)), True)


def by_tensorstore(store, report):
    where = f"tensorstore, {store.name}"
    for name, array in store.arrays.items():
        node = tensorstore.open({
            "driver": "zarr3" if store.format == 3 else "zarr",
            "kvstore": {"driver": "file", "path": str(store.folder / name)},
        }, open=True, read=True).result()
        report.same(f"{where}/{name}", node.read().result(), array["data"])
        if store.format == 3:
            report.equal(f"{where}/{name} dimensions", node.domain.labels, array["dims"])


def by_netcdf(store, report):
    """netcdf-c: Zarr v2, and of the compressors only zlib is always there. It has no scalars.

    Not even zlib in Debian 12's ncdump 4.9.0, which lacks the filter and prints the compressed
    bytes as numbers: it reads the uncompressed store only.
    """
    if store.name not in ("v2_zlib", "v2_none"):
        return
    arrays = {name: array for name, array in store.arrays.items() if array["data"].ndim}
    url = f"file://{store.folder.resolve()}#mode=zarr,file"
    if netCDF4 and has_nczarr(url):
        where = f"netCDF4 {netCDF4.__version__}, {store.name}"
        with netCDF4.Dataset(url) as dataset:
            dataset.set_auto_maskandscale(False)
            for name, array in arrays.items():
                report.same(f"{where}/{name}", dataset[name][...], array["data"])
                report.equal(f"{where}/{name} dimensions", dataset[name].dimensions, array["dims"])
    elif netCDF4:
        report.left_out.add("netCDF4 (its libnetcdf has no NCZarr)")
    if not shutil.which("ncdump"):
        report.left_out.add("ncdump")
    elif store.name == "v2_none":
        for name, array in arrays.items():
            if array["data"].dtype.kind == "i":  # as text, other types are rounded or ambiguous
                expected = array["data"].ravel().tolist()
                report.equal(f"ncdump, {store.name}/{name}", dumped(url, name), expected)


def has_nczarr(url):
    try:
        netCDF4.Dataset(url).close()
        return True
    except OSError:
        return False


def dumped(url, name):
    """The numbers of a variable as ncdump prints them; `_` is netCDF's own default fill value."""
    done = subprocess.run(["ncdump", "-v", name, url], capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip()
    kind = done.stdout.partition(f" {name}(")[0].split()[-1]
    fill = {"byte": -127, "short": -32767, "int": -2147483647, "int64": -9223372036854775806}[kind]
    body = done.stdout.partition("data:")[2].partition(f"{name} =")[2].partition(";")[0]
    return [fill if word == "_" else int(word) for word in body.replace(",", " ").split()]


def main():
    warnings.simplefilter("ignore")
    report = Report()
    readers = {"zarr": (zarr, by_zarr), "xarray": (xarray, by_xarray),
               "tensorstore": (tensorstore, by_tensorstore), "netcdf-c": (True, by_netcdf)}
    stores = 0
    for folder in map(pathlib.Path, sys.argv[1:]):
        for expected in sorted(folder.glob("*.expected")):
            store = Store(folder / expected.name.removesuffix(".expected"))
            stores += 1
            for name, (module, check) in readers.items():
                if not module:
                    report.left_out.add(name)
                    continue
                try:
                    check(store, report)
                except Exception as error:  # a reader that gives up is a difference too
                    report.differ(f"{name}, {store.name}", f"{type(error).__name__}: {error}")
    for line in report.differences:
        print(line, file=sys.stderr)
    failed = bool(report.differences) or report.compared == 0
    print(
        f"zarr read-back {'FAILED' if failed else 'ok'}: {stores} stores, "
        f"{report.compared} comparisons, {len(report.differences)} differences"
        + (f"; left out: {', '.join(sorted(report.left_out))}" if report.left_out else ""))
    sys.exit(failed)


main()
