#!/usr/bin/env python3
"""Writes Tests/ReferenceValues/fits/: FITS files as astropy writes them, and the physical values of their pixels.

Expected values are raw little-endian float64 (.f64) in C order, computed from the stored numbers by numpy in double
precision as the standard defines them, BZERO + BSCALE * stored. The script checks that astropy reads the same, but for
its single precision where it has that; what lossy compression made of pixels is what astropy reads.
Needs numpy and astropy; run again, it writes the same bytes. `make_fits_reference.py --cube STAMPS.npy CUBE.fits`
makes a cube of stamps instead.
"""

import gzip
import pathlib
import sys
from unittest import mock

import numpy
from astropy.io import fits

FOLDER = pathlib.Path(__file__).parent / "fits"
SEED = 20240331
SHAPE = (5, 6, 5)
SCALE, ZERO, BLANK = 0.37, -12.5, 77


def write_expected(name, values):
    (FOLDER / f"{name}.f64").write_bytes(numpy.ascontiguousarray(values, "<f8").tobytes())


def save(name, *units):
    path = FOLDER / f"{name}.fits"
    fits.HDUList(list(units)).writeto(path, overwrite=True, checksum=False)
    return path


def integers(random, kind):
    limits = numpy.iinfo(kind)
    array = random.integers(limits.min, limits.max, SHAPE, dtype=kind, endpoint=True)
    array.flat[:2] = [limits.min, limits.max]
    return array


def floats(random, kind):
    array = random.normal(0, 100, SHAPE).astype(kind)
    array.flat[:4] = [0, -0.0, numpy.finfo(kind).max, numpy.finfo(kind).smallest_subnormal]
    return array


def plain(random):
    """One cube of every number format; astropy stores int8, uint16, uint32 and uint64 with a BZERO."""
    for name in "uint8 int16 int32 int64 int8 uint16 uint32 uint64".split():
        array = integers(random, name)
        save(f"cube_{name}", fits.PrimaryHDU(array))
        write_expected(f"cube_{name}", array)
    for name in ["float32", "float64"]:
        array = floats(random, name)
        array.flat[5:8] = [numpy.nan, numpy.inf, -numpy.inf]
        save(f"cube_{name}", fits.PrimaryHDU(array))
        write_expected(f"cube_{name}", array)


def with_keywords(stored, **keywords):
    """A primary HDU of these stored numbers, to whose header keywords are added that astropy does not act upon."""
    unit = fits.PrimaryHDU(stored)
    for key, value in keywords.items():
        unit.header[key] = value
    return unit


def physical(stored, scale=1.0, zero=0.0, blank=None):
    values = zero + scale * stored.astype("float64")
    if blank is not None:
        values[stored == blank] = numpy.nan
    return values


def check(path, expected, precision):
    # Where it makes unsigned integers, astropy leaves BLANK alone.
    read = fits.getdata(path, uint=False).astype("float64")
    numpy.testing.assert_allclose(read, expected, rtol=precision, atol=precision * numpy.nanmax(numpy.abs(expected)))


def scaled(random):
    """BSCALE, BZERO and BLANK with every BITPIX."""
    for name in "uint8 int16 int32 int64 float32 float64".split():
        is_float = name.startswith("f")
        stored = floats(random, name) if is_float else integers(random, name)
        stored.flat[[2, 3]] = 1 if is_float else BLANK
        if name == "int64":
            # Equal to BLANK in double precision, and not equal to it.
            blank = 2**60
            stored.flat[[2, 3, 4]] = [blank, blank, blank + 1]
        else:
            blank = BLANK
        keywords = {} if is_float else {"BLANK": blank}
        path = save(f"scaled_{name}", with_keywords(stored, BSCALE=SCALE, BZERO=ZERO, **keywords))
        expected = physical(stored, SCALE, ZERO, None if is_float else blank)
        if not is_float:
            check(path, expected, 1e-6)
        write_expected(f"scaled_{name}", expected)
    stored = integers(random, "int16")
    stored.flat[7] = BLANK
    path = save("blank_int16", with_keywords(stored, BLANK=BLANK))
    check(path, physical(stored, blank=BLANK), 1e-6)
    write_expected("blank_int16", physical(stored, blank=BLANK))
    path = save("blank_uint16", with_keywords(stored, BZERO=32768, BLANK=BLANK))
    check(path, physical(stored, 1, 32768, BLANK), 1e-6)
    write_expected("blank_uint16", physical(stored, 1, 32768, BLANK))
    # No 16-bit number equals this BLANK, and a floating-point image has none.
    save("blank_beyond", with_keywords(stored, BLANK=99999))
    write_expected("blank_beyond", stored)


def table():
    return fits.BinTableHDU.from_columns([fits.Column("id", "J", array=numpy.arange(3))], name="CATALOGUE")


def lists_and_names(random):
    stamps = random.normal(10, 2, SHAPE).astype("float32")
    write_expected("stamps", stamps)
    save("list_primary", fits.PrimaryHDU(stamps[0]), *[fits.ImageHDU(stamp) for stamp in stamps[1:]])
    save(
        "list_named", fits.PrimaryHDU(), fits.ImageHDU(stamps[0], name="STAMP_0001"), table(),
        *[fits.ImageHDU(stamp, name=f"STAMP_{index:04}") for index, stamp in enumerate(stamps[1:], 2)])
    save("cube_extension", fits.PrimaryHDU(), table(), fits.ImageHDU(stamps, name="STAMPS"))
    save("axes_last", fits.PrimaryHDU(stamps.reshape(*SHAPE, 1)))
    save("axes_first", fits.PrimaryHDU(stamps.reshape(1, *SHAPE)))
    save("two_cubes", fits.PrimaryHDU(), fits.ImageHDU(stamps[:2]), fits.ImageHDU(stamps[2:]))
    errors = numpy.sqrt(numpy.abs(stamps))
    save(
        "science_and_errors", fits.PrimaryHDU(), fits.ImageHDU(stamps, name="SCI"), fits.ImageHDU(errors, name="ERR"),
        fits.ImageHDU(numpy.ones(SHAPE[1:], "uint8"), name="MASK"))
    write_expected("errors", errors)
    # Every HDU of a list has a number format and a scale of its own.
    units, expected = [fits.PrimaryHDU()], []
    for index, kind in enumerate("uint8 int16 int32 float32 float64 uint16".split()):
        stored = (random.uniform(0, 200, SHAPE[1:])).astype(kind)
        unit = fits.ImageHDU(stored)
        if index % 2:
            unit.header["BSCALE"], unit.header["BZERO"] = 0.5 + index, -1.0 * index
            if kind == "uint16":
                unit = fits.ImageHDU(stored)
            else:
                stored = physical(stored, 0.5 + index, -1.0 * index)
        units.append(unit)
        expected.append(stored.astype("float64"))
    save("list_mixed", *units)
    write_expected("list_mixed", numpy.stack(expected))


def compressed(random):
    """Images in compressed tiles, losslessly but for the quantised one. cfitsio does not read 64-bit integers."""
    counts = random.poisson(100, SHAPE)
    for name, array, method, options in [
        ("rice_int16", counts.astype("int16"), "RICE_1", {}),
        ("rice_uint16", (counts + 40000).astype("uint16"), "RICE_1", {}),
        ("rice_int32", counts.astype("int32") * 1000 - 50000, "RICE_1", {"tile_shape": SHAPE}),
        ("gzip_uint8", counts.astype("uint8"), "GZIP_1", {}),
        ("gzip_int64", counts.astype("int64") * 2**40 + 1, "GZIP_1", {}),
        ("gzip_float32", random.normal(0, 1, SHAPE).astype("float32"), "GZIP_2", {"quantize_level": 0}),
        ("gzip_float64", random.normal(0, 1, SHAPE), "GZIP_1", {"quantize_level": 0}),
        ("hcompress_int32", counts.astype("int32"), "HCOMPRESS_1", {"tile_shape": (1, *SHAPE[1:])}),
        ("plio_int16", counts.astype("int16"), "PLIO_1", {}),
    ]:
        path = save(name, fits.PrimaryHDU(), fits.CompImageHDU(array, compression_type=method, **options))
        assert numpy.array_equal(fits.getdata(path, 1), array), name
        if name != "gzip_int64":
            write_expected(name, array)
    blank = counts.astype("int16")
    blank.flat[[3, 50]] = BLANK
    header = fits.Header({"BLANK": BLANK})
    save("rice_blank", fits.PrimaryHDU(), fits.CompImageHDU(blank, header, compression_type="RICE_1"))
    write_expected("rice_blank", physical(blank, blank=BLANK))
    # Few pixels are not quantised.
    noise = random.normal(100, 5, (8, 16, 16)).astype("float32")
    noise.flat[[4, 60]] = numpy.nan
    path = save("rice_quantised", fits.PrimaryHDU(), fits.CompImageHDU(
        noise, compression_type="RICE_1", tile_shape=(1, 16, 16), quantize_level=16, quantize_method=1, dither_seed=7))
    assert fits.getheader(path, 1, disable_image_compression=True)["TFORM1"] != "1PB(0)"
    write_expected("rice_quantised", fits.getdata(path, 1))
    units = [fits.CompImageHDU(stamp, compression_type="RICE_1") for stamp in counts.astype("int16")]
    save("rice_list", fits.PrimaryHDU(), *units)
    write_expected("rice_list", counts)


def insert_cards(path, hdu, *cards, before=None):
    """Puts cards into the header of an HDU, before its END or before a card that begins with `before`."""
    with fits.open(path, disable_image_compression=True) as units:
        start, end = units[hdu].fileinfo()["hdrLoc"], units[hdu].fileinfo()["datLoc"]
    header = path.read_bytes()[start:end]
    last = header.rindex(b"END     ")
    place = last if before is None else header.index(before)
    changed = header[:place] + b"".join(card.ljust(80).encode() for card in cards) + header[place:last + 80]
    assert len(changed) <= len(header)
    path.write_bytes(
        path.read_bytes()[:start] + changed.ljust(len(header)) + path.read_bytes()[end:])


def unusual(random):
    """What other programs write, and older versions of astropy wrote."""
    counts = random.poisson(100, SHAPE).astype("int16")
    blank = counts.copy()
    blank.flat[[3, 50]] = BLANK
    path = save("rice_zblank", fits.PrimaryHDU(), fits.CompImageHDU(blank, compression_type="RICE_1"))
    insert_cards(path, 1, f"ZBLANK  = {BLANK:>20}")
    assert numpy.array_equal(fits.getdata(path, 1), physical(blank, blank=BLANK), equal_nan=True)
    write_expected("rice_zblank", physical(blank, blank=BLANK))
    # Integers in the tiles of floating-point images, with no word about a scale.
    for name, method, options in [
        ("rice_unscaled", "RICE_1", {}), ("hcompress_unscaled", "HCOMPRESS_1", {"tile_shape": (1, *SHAPE[1:])})]:
        path = save(name, fits.PrimaryHDU(), fits.CompImageHDU(
            counts.astype("float32"), compression_type=method, quantize_level=0, **options))
        assert numpy.array_equal(fits.getdata(path, 1), counts)
        write_expected(name, counts)
    path = save(
        "two_names", fits.PrimaryHDU(), fits.CompImageHDU(counts, compression_type="RICE_1", name="SCI"),
        fits.CompImageHDU((counts > 100).astype("uint8"), compression_type="RICE_1", name="MASK"))
    for hdu in [1, 2]:
        insert_cards(path, hdu, "EXTNAME = 'COMPRESSED_IMAGE'", before=b"EXTNAME ")
    with fits.open(path) as units:
        assert [unit.name for unit in units] == ["PRIMARY", "SCI", "MASK"]
    write_expected("two_names", counts)
    # BLANK means nothing for floating-point pixels, even if it is no integer; nor does what stands behind HIERARCH.
    path = save("blank_float", fits.PrimaryHDU(counts.astype("float32")))
    insert_cards(path, 0, "BLANK   =             -32768.0")
    write_expected("blank_float", counts)
    path = save("hierarch", fits.PrimaryHDU(counts))
    insert_cards(path, 0, "HIERARCH BZERO = 100.0", "HIERARCH BLANK = 100")
    assert numpy.array_equal(fits.getdata(path), counts)
    write_expected("hierarch", counts)


def gzipped():
    """A file in one gzip member, and in two with the padding of a tape."""
    whole = (FOLDER / "cube_float32.fits").read_bytes()
    (FOLDER / "cube.fits.gz").write_bytes(gzip.compress(whole, mtime=0))
    members = gzip.compress(whole[:3000], mtime=0) + gzip.compress(whole[3000:], mtime=0)
    (FOLDER / "cube_members.fits.gz").write_bytes(members + bytes(512))


def main():
    if sys.argv[1:2] == ["--cube"]:
        fits.PrimaryHDU(numpy.load(sys.argv[2])).writeto(sys.argv[3], overwrite=True)
        return
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(SEED)
    plain(random)
    scaled(random)
    lists_and_names(random)
    # Tiles that gzip makes hold the time.
    with mock.patch("gzip.time.time", return_value=0):
        compressed(random)
    gzipped()
    unusual(numpy.random.default_rng(SEED + 1))


main()
