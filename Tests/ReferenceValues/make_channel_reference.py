#!/usr/bin/env python3
"""Writes Tests/ReferenceValues/channels/: five stamps of 8x6 pixels and three channels, as numpy, astropy and h5py store
them, in every layout and in datasets and tables of every kind.

`stamps.f64` holds their values, raw little-endian float64 of shape (5, 8, 6, 3); `NAME.f64` those of a file with other
numbers. Needs numpy, astropy and h5py; run again, it writes the same bytes, but for those without a meaning that libhdf5
leaves as they were in memory.
"""

import pathlib
from unittest import mock

import h5py
import numpy
from astropy.io import fits
from astropy.table import Table

FOLDER = pathlib.Path(__file__).parent / "channels"
NAMES = ["SCI", "REF", "DIFF"]
FORMATS = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split()


def write_expected(name, values):
    (FOLDER / f"{name}.f64").write_bytes(numpy.ascontiguousarray(values, "<f8").tobytes())


def arrays(stamps):
    first = numpy.ascontiguousarray(stamps.transpose(0, 3, 1, 2))
    for name, array in [("nhwc", stamps), ("nchw", first)]:
        numpy.save(FOLDER / f"{name}.npy", array)
        numpy.save(FOLDER / f"{name}_fortran.npy", numpy.asfortranarray(array.astype(">f8")))
    numpy.savez_compressed(FOLDER / "nchw.npz", labels=numpy.arange(5), stamps=first)
    for channel, name in enumerate(NAMES):
        images = stamps[..., channel]
        # Cut between other stamps in each channel.
        for part, range_ in enumerate([images[: channel + 1], images[channel + 1 :]]):
            numpy.save(FOLDER / f"{name.lower()}-{part}.npy", range_)


def save_fits(name, units):
    fits.HDUList([fits.PrimaryHDU(), *units]).writeto(FOLDER / f"{name}.fits", overwrite=True)


def images(stamps):
    channels = [(name, stamps[..., place]) for place, name in enumerate(NAMES)]
    save_fits("cubes", [fits.ImageHDU(cube, name=name) for name, cube in channels])
    save_fits("stamp_by_stamp", [fits.ImageHDU(cube[i], name=name) for i in range(5) for name, cube in channels])
    numbered = [fits.ImageHDU(cube[i], name=f"{name}_{i}") for name, cube in channels for i in range(5)]
    save_fits("numbered", numbered)
    with mock.patch("gzip.time.time", return_value=0):
        packed = [fits.CompImageHDU(cube, name=name, compression_type="GZIP_1", quantize_level=0) for name, cube in channels]
        save_fits("packed", packed)
    odd = channels[:2] + [("DIFF", stamps[:4, ..., 2]), ("WIDE", numpy.zeros((5, 8, 7), "f4"))]
    save_fits("uneven", [fits.ImageHDU(cube, name=name) for name, cube in odd])


def numbers(random):
    """A dataset of every number format and byte order, and of formats that no other file has."""
    with h5py.File(FOLDER / "formats.h5", "w") as file:
        for name in FORMATS:
            kind = numpy.dtype(name)
            if kind.kind == "f":
                values = random.normal(0, 100, (2, 3, 4)).astype(kind)
                values.flat[:5] = [0, -0.0, numpy.finfo(kind).max, numpy.nan, numpy.finfo(kind).smallest_subnormal]
            elif kind.kind == "b":
                values = random.integers(0, 2, (2, 3, 4)).astype(kind)
            else:
                limits = numpy.iinfo(kind)
                values = random.integers(limits.min, limits.max, (2, 3, 4), dtype=kind, endpoint=True)
                values.flat[:2] = [limits.min, limits.max]
            write_expected(f"formats_{name}", values)
            file[f"little/{name}"] = values.astype(kind.newbyteorder("<"))
            file.create_dataset(f"big/{name}", data=values.astype(kind.newbyteorder(">")), chunks=(1, 3, 4))
        # Twelve bits of sixteen, and the 80 bits of a long double.
        twelve = h5py.h5t.STD_U16LE.copy()
        twelve.set_precision(12)
        space = h5py.h5s.create_simple((2, 3, 4))
        values = numpy.arange(24, dtype="u2").reshape(2, 3, 4) * 100
        h5py.h5d.create(file.id, b"twelve", twelve, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values)
        write_expected("formats_twelve", values)
        # The library converts: numpy's own would have whatever was in memory between the numbers.
        extended = h5py.h5d.create(file.id, b"extended", h5py.h5t.NATIVE_LDOUBLE, space)
        extended.write(h5py.h5s.ALL, h5py.h5s.ALL, values / 7)
        write_expected("formats_extended", values / 7)


def save_h5(name, write, **options):
    with h5py.File(FOLDER / f"{name}.h5", "w", **options) as file:
        write(file)


def datasets(stamps):
    first = numpy.ascontiguousarray(stamps.transpose(0, 3, 1, 2))
    save_h5("contiguous", lambda file: file.create_dataset("stamps", data=stamps))
    save_h5("latest", lambda file: file.create_dataset("deep/er/stamps", data=stamps), libver="latest")
    save_h5("user_block", lambda file: file.create_dataset("stamps", data=stamps), userblock_size=1024)
    packed = {"chunks": (2, 8, 6, 1), "compression": "gzip", "shuffle": True, "fletcher32": True}
    save_h5("chunked", lambda file: file.create_dataset("stamps", data=stamps, maxshape=(None, 8, 6, 3), **packed))
    save_h5("lzf", lambda file: file.create_dataset("stamps", data=stamps, compression="lzf"))
    save_h5("nchw", lambda file: file.create_dataset("stamps", data=first))
    save_h5("unwritten", lambda file: file.create_dataset("stamps", (5, 8, 6, 3), "f4", fillvalue=2.5))
    save_h5("empty", lambda file: file.create_dataset("stamps", (0, 8, 6, 3), "f4"))

    def several(file):
        file["labels"] = numpy.arange(5)
        file["names"] = [f"object {place}" for place in range(5)]
        file["run/train"], file["run/test"] = stamps, stamps[:2]
        file["soft"], file["outside"] = h5py.SoftLink("/run/train"), h5py.ExternalLink("contiguous.h5", "stamps")
        file["run/again"] = file["run"]

    save_h5("several", several)

    def elsewhere(file):
        layout = h5py.VirtualLayout(stamps.shape, "f4")
        layout[:] = h5py.VirtualSource("contiguous.h5", "stamps", stamps.shape)
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("external", stamps.shape, "f4", external=[("stamps.f64", 0, stamps.nbytes)])

    save_h5("elsewhere", elsewhere)
    save_h5("claims", lambda file: file.create_dataset("stamps", (2**20, 64, 64, 3), "f4", chunks=(1, 64, 64, 3)))
    save_h5("wide_chunks", lambda file: file.create_dataset(
        "stamps", data=stamps, maxshape=(None, 8, 6, 3), chunks=(2**13, 8, 6, 3), compression="gzip"))


def tables(stamps):
    columns = {"id": numpy.arange(5), "likelihood": numpy.arange(5.0), "ra / deg": numpy.ones(5)}
    table = Table(columns | {"coadd": stamps[..., 0].astype("f8"), "stamps": stamps})
    for name, options in [("table", {}), ("table_packed", {"compression": True})]:
        table.write(FOLDER / f"{name}.h5", path="results/table", format="hdf5", serialize_meta=True, overwrite=True, **options)


def main():
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(20240501)
    stamps = random.normal(10, 2, (5, 8, 6, 3)).astype("<f4")
    write_expected("stamps", stamps)
    arrays(stamps)
    images(stamps)
    numbers(random)
    datasets(stamps)
    tables(stamps)


main()
