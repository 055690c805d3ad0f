#!/usr/bin/env python3
"""Writes Tests/ReferenceValues/numpy/: files as numpy writes them, and what numpy makes of them.

Expected values are raw little-endian float64 (.f64) or float32 (.f32) in C order, so that a test reads them
without the code under test. Needs numpy only; run again, it writes the same bytes.
"""

import io
import pathlib
import zipfile

import numpy

FOLDER = pathlib.Path(__file__).parent / "numpy"
SEED = 20240229


def write_expected(name, array):
    (FOLDER / f"{name}.f64").write_bytes(numpy.ascontiguousarray(array, "<f8").tobytes())


def save(name, array, version=None):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        numpy.lib.format.write_array(file, array, version=version)


def number_formats(random):
    """One array of every number format, little-endian in C order and big-endian in Fortran order."""
    shape = (4, 3, 5)
    for name in "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split():
        kind = numpy.dtype(name)
        if kind.kind == "f":
            array = random.normal(0, 100, shape).astype(kind)
            array.flat[:4] = [0, -0.0, numpy.finfo(kind).max, numpy.finfo(kind).smallest_subnormal]
        elif kind.kind == "b":
            array = random.integers(0, 2, shape).astype(kind)
        else:
            limits = numpy.iinfo(kind)
            array = random.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
            array.flat[:2] = [limits.min, limits.max]
        save(f"{name}_little_c", array.astype(kind.newbyteorder("<")))
        save(f"{name}_big_fortran", numpy.asfortranarray(array.astype(kind.newbyteorder(">"))))
        write_expected(name, array)


def versions_and_shapes(random):
    stamps = random.normal(10, 2, (5, 4, 4)).astype("float32")
    for version in (1, 2, 3):
        save(f"version_{version}", stamps, version=(version, 0))
    save("flat_stamps", stamps.reshape(5, 16))
    save("channel_stamps_fortran", numpy.asfortranarray(stamps.reshape(5, 4, 4, 1)))
    save("oblong_stamps", stamps[:, :3, :])
    save("scalar", numpy.float64(2.5))
    write_expected("stamps", stamps)

    labels = numpy.arange(5)
    numpy.savez(FOLDER / "single_stored.npz", stamps)
    numpy.savez_compressed(FOLDER / "single_deflated.npz", stamps)
    numpy.savez(FOLDER / "several_stored.npz", labels=labels, stamps=stamps)
    numpy.savez_compressed(FOLDER / "several_deflated.npz", labels=labels, stamps=stamps)
    numpy.savez(FOLDER / "ambiguous.npz", train=stamps, test=stamps[:2])
    for name, other in [
        ("strings", numpy.array([f"id{index}" for index in range(5)])), ("dates", numpy.zeros(5, "M8[s]")),
        ("records", numpy.zeros(5, [("ra", "f8"), ("position (pixels)", "f4", (2,))])),
        ("objects", numpy.array([None] * 5)), ("complex", numpy.zeros((5, 4, 4), "c16")),
    ]:
        numpy.savez_compressed(FOLDER / f"beside_{name}.npz", other=other, stamps=stamps)
    repetitive = numpy.zeros((40, 21, 21), "float32")
    repetitive[::3, 10, 10] = 7
    numpy.savez_compressed(FOLDER / "repetitive.npz", repetitive)
    write_expected("repetitive", repetitive)
    # With this limit every size and offset goes to the 64-bit fields.
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 0
    data = io.BytesIO()
    numpy.lib.format.write_array(data, stamps)
    for name, method in (("zip64_stored", zipfile.ZIP_STORED), ("zip64_deflated", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(FOLDER / f"{name}.npz", "w", method) as archive:
            for member in ("first", "stamps"):
                archive.writestr(zipfile.ZipInfo(f"{member}.npy"), data.getvalue(), method)
    zipfile.ZIP64_LIMIT = limit


def notebook(stamp):
    """normalize_image of the notebook, in double precision."""
    image = numpy.array(stamp, "float64")
    low, middle, high = numpy.percentile(image, [25, 50, 75])
    threshold = middle - 2 * (0.7413 * (high - low))
    image[image < threshold] = threshold
    image -= numpy.min(image)
    return image


def standardised(stamp):
    """(x - median) / sigma_G, or where that is 0 the mean distance from the median times that of a normal distribution."""
    low, middle, high = numpy.percentile(stamp, [25, 50, 75])
    spread = 0.7413 * (high - low)
    if spread == 0:
        spread = numpy.sqrt(numpy.pi / 2) * numpy.mean(numpy.abs(stamp - middle))
    return (stamp - middle) / spread


def between_percentiles(stamps, axes, low, high):
    """From the one percentile, which becomes 0, to the other, which becomes 1."""
    low, high = numpy.percentile(stamps, [low, high], axes, keepdims=True)
    return numpy.clip((stamps - low) / (high - low), 0, 1)


def normalised(name, stamps):
    stamps = numpy.asarray(stamps, "float64")
    write_expected(f"normalise_{name}_input", stamps)
    clipped = [notebook(stamp) for stamp in stamps]
    for mode, divisor in (("notebook", numpy.sum), ("mean", numpy.mean)):
        result = numpy.stack([image / divisor(image) for image in clipped])
        (FOLDER / f"normalise_{name}_{mode}.f32").write_bytes(result.astype("<f4").tobytes())
    standard = numpy.stack([standardised(stamp) for stamp in stamps])
    axes = tuple(range(1, stamps.ndim))
    lowest, highest = stamps.min(axes, keepdims=True), stamps.max(axes, keepdims=True)
    for mode, result in (
        ("robust", numpy.clip(standard, -5, 20)),
        ("asinh", 3 * numpy.arcsinh(standard / 3)),
        ("minmax", (stamps - lowest) / (highest - lowest)),
        ("l2", stamps / numpy.sqrt(numpy.sum(stamps**2, axes, keepdims=True))),
        ("zscore", (stamps - stamps.mean(axes, keepdims=True)) / stamps.std(axes, keepdims=True)),
        ("percentile", between_percentiles(stamps, axes, 1, 97.5)),
    ):
        (FOLDER / f"normalise_{name}_{mode}.f32").write_bytes(result.astype("<f4").tobytes())
    quartiles = [numpy.percentile(stamp, [25, 50, 75]) for stamp in stamps]
    write_expected(f"normalise_{name}_quartiles", quartiles)


def normalisation(random):
    y, x = numpy.mgrid[-10:11, -10:11]
    point = numpy.exp(-(x**2 + y**2) / 6.0)
    sky = random.normal(1000, 12, (2, 21, 21))
    normalised("random", sky + 500 * point * numpy.arange(2)[:, None, None])
    normalised("skewed", random.lognormal(0, 3, (2, 21, 21)) - 5)
    normalised("tied", random.integers(-2, 3, (2, 21, 21)) * 0.1)
    normalised("integer", random.poisson(40, (2, 21, 21)))
    normalised("size25", random.normal(0, 1, (2, 25, 25)))
    for pixels in (2, 3, 5, 6, 7, 8, 9, 16, 17, 30, 36, 49):
        normalised(f"pixels{pixels}", random.normal(-3, 2, (4, pixels)))
    # Half and more of the pixels masked: sigma_G is 0.
    masked = random.normal(5, 1, (2, 21, 21))
    masked[0, :11], masked[1, :, :17] = 0, 7
    normalised("masked", masked)


def keys(x):
    """The kernel of cubic convolution (Keys, 1981) with a = -1/2."""
    x = numpy.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return numpy.where(x <= 1, near, numpy.where(x < 2, far, 0))


def shift_matrix(extent, shift):
    """What makes an axis' pixels of those before: the kernel at every distance, edges repeated far beyond."""
    margin = 40
    places = numpy.arange(-margin, extent + margin)
    weights = keys(numpy.arange(extent)[:, None] - shift - places[None, :])
    matrix = numpy.zeros((extent, extent))
    for place, column in zip(numpy.clip(places, 0, extent - 1), weights.T):
        matrix[:, place] += column
    return matrix


def augmentation(random):
    for height, width in ((21, 21), (5, 5), (4, 7), (17, 33), (1, 20), (20, 1)):
        stamp = random.normal(0, 1, (height, width)).astype("<f4")
        (FOLDER / f"augment_{height}x{width}.f32").write_bytes(stamp.tobytes())
        kinds = [numpy.flip(stamp, axes) for axes in ((), (1,), (0,), (0, 1))]
        if height == width:
            kinds += [kind.T for kind in kinds]
        symmetries = numpy.stack(kinds)
        (FOLDER / f"augment_{height}x{width}_symmetries.f32").write_bytes(symmetries.astype("<f4").tobytes())
        shifted = [
            shift_matrix(height, rows) @ stamp.astype("float64") @ shift_matrix(width, columns).T
            for rows, columns in ((0.25, -0.4), (-0.5, 0.5), (1.7, -3.2), (-6, 30.5))
        ]
        (FOLDER / f"augment_{height}x{width}_shifts.f32").write_bytes(numpy.stack(shifted).astype("<f4").tobytes())
        mean = stamp.mean(dtype="float64")
        contrasted = (stamp - mean) * 1.3 + mean
        (FOLDER / f"augment_{height}x{width}_contrast.f32").write_bytes(contrasted.astype("<f4").tobytes())


def main():
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(SEED)
    number_formats(random)
    versions_and_shapes(random)
    normalisation(random)
    augmentation(random)
    total = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{len(list(FOLDER.iterdir()))} files, {total} bytes in {FOLDER}")


if __name__ == "__main__":
    main()
