#!/usr/bin/env python3
"""Writes Tests/ReferenceValues/preparation/: what numpy makes of stamps with channels before a network sees them.

`cases.json` tells of each case how its stamps are prepared, in the words of model files, and their shapes; the stamps and
what becomes of them are raw little-endian float32 (N, height, width, channels), computed with in float64. Needs numpy only; run again, it
writes the same bytes.
"""

import json
import pathlib

import numpy

from make_numpy_reference import notebook, standardised

FOLDER = pathlib.Path(__file__).parent / "preparation"
SEED = 20260301


def fill(plane, kind):
    """Pixels that are not finite by a number of the others; also which they were."""
    lost = ~numpy.isfinite(plane)
    if not lost.any():
        return plane, lost
    value = {"zero": lambda x: 0.0, "median": numpy.median, "minimum": numpy.min}[kind](plane[~lost])
    return numpy.where(lost, value, plane), lost


def middle(stamp, size):
    """The middle rows and columns; the odd one is left at the end."""
    first = [(have - want) // 2 for have, want in zip(stamp.shape, size)]
    return stamp[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]


def normalise(pixels, how, channel):
    """Any array of pixels that belong together."""
    if isinstance(how, dict):
        (kind, numbers), = how.items()
        if kind == "percentile":
            low, high = numpy.percentile(pixels, [numbers["low"], numbers["high"]])
            return numpy.clip((pixels - low) / (high - low), 0, 1)
        if kind == "scale":
            return (pixels - numbers["zero"]) / numbers["unit"]
        return (pixels - numbers["means"][channel]) / numbers["deviations"][channel]
    clipped = notebook(pixels) if how in ("notebook", "mean") else None
    return {
        "notebook": lambda: clipped / numpy.sum(clipped),
        "mean": lambda: clipped / numpy.mean(clipped),
        "robust": lambda: numpy.clip(standardised(pixels), -5, 20),
        "asinh": lambda: 3 * numpy.arcsinh(standardised(pixels) / 3),
        "minmax": lambda: (pixels - pixels.min()) / (pixels.max() - pixels.min()),
        "l2": lambda: pixels / numpy.linalg.norm(pixels),
        "zscore": lambda: (pixels - numpy.mean(pixels)) / numpy.std(pixels),
        "none": lambda: pixels,
    }[how]()


def prepare(stamp, names, how):
    """One stamp (height, width, channels) as a network sees it."""
    chosen = [names.index(name) if name in names else int(name) for name in how.get("channels", names)]
    planes, mask = [], numpy.zeros(stamp.shape[:2], bool)
    for channel in chosen:
        plane, lost = fill(stamp[:, :, channel], how.get("fill"))
        mask |= lost
        planes.append(plane)
    size = how.get("crop", stamp.shape[:2])
    planes = numpy.stack([middle(plane, size) for plane in planes])
    if how.get("normalize_over") == "stamp":
        planes = normalise(planes, how["normalize"], 0)
    else:
        planes = numpy.stack([normalise(plane, how["normalize"], k) for k, plane in enumerate(planes)])
    if how.get("mask_channel"):
        planes = numpy.concatenate([planes, middle(mask, size)[None]])
    large = how.get("pad", size)
    result = numpy.zeros((*large, len(planes)))
    top, left = [(have - want) // 2 for have, want in zip(large, size)]
    result[top : top + size[0], left : left + size[1]] = planes.transpose(1, 2, 0)
    return result


def main():
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(SEED)
    names = ["SCI", "REF", "DIFF"]
    levels, spreads = numpy.array([1000, 300, 0]), numpy.array([12, 5, 14])
    whole = random.normal(levels, spreads, (3, 10, 9, 3)) + 400 * (random.uniform(size=(3, 10, 9, 3)) > 0.97)
    whole = whole.astype("f4").astype("f8")
    holes = whole.copy()
    holes[random.uniform(size=holes.shape) > 0.9] = numpy.nan
    holes[0, 2, 3, 1], holes[1, 4, 4, 2] = numpy.inf, -numpy.inf
    holes[2, :, :, 0] = whole[2, :, :, 0]
    single = whole[:, :, :, :1]
    standard = {"means": list(whole.mean((0, 1, 2))), "deviations": list(whole.std((0, 1, 2)))}
    over_all = {"means": [float(whole.mean())], "deviations": [float(whole.std())]}
    cases = []
    for how in ["notebook", "mean", "robust", "asinh", "minmax", "l2", "zscore", "none", {"standard": standard}]:
        cases.append(("whole", {"normalize": how}))
    for how in ["notebook", "asinh", "l2", "zscore", {"percentile": {"low": 1.0, "high": 99.0}}, {"standard": over_all}]:
        cases.append(("whole", {"normalize": how, "normalize_over": "stamp"}))
    for kind in ["zero", "median", "minimum"]:
        for mask in [False, True]:
            cases.append(("holes", {"normalize": "zscore", "fill": kind} | ({"mask_channel": True} if mask else {})))
    cases += [
        ("single", {"normalize": "notebook", "crop": [5, 5]}),
        ("single", {"normalize": "none", "pad": [12, 12]}),
        ("single", {"normalize": "robust", "crop": [6, 4], "pad": [9, 9]}),
        ("whole", {"normalize": "none", "channels": ["DIFF", "SCI"]}),
        ("whole", {"normalize": "mean", "channels": ["1"], "crop": [7, 8]}),
        ("whole", {"normalize": {"scale": {"zero": 300.0, "unit": -8.0}}, "crop": [1, 9], "pad": [4, 10]}),
        ("holes", {"normalize": "asinh", "channels": ["2", "SCI"], "fill": "median", "mask_channel": True,
                   "crop": [7, 6], "pad": [8, 11]}),
        ("holes", {"normalize": "minmax", "normalize_over": "stamp", "fill": "minimum", "mask_channel": True,
                   "crop": [9, 9], "pad": [10, 9]}),
    ]
    told = []
    for name, stamps in (("whole", whole), ("holes", holes), ("single", single)):
        (FOLDER / f"{name}.f32").write_bytes(numpy.ascontiguousarray(stamps, "<f4").tobytes())
    shapes = {"whole": whole.shape, "holes": holes.shape, "single": single.shape}
    arrays = {"whole": whole, "holes": holes, "single": single}
    for number, (stamps, how) in enumerate(cases):
        result = numpy.stack([prepare(stamp, names[: shapes[stamps][3]], how) for stamp in arrays[stamps]])
        (FOLDER / f"{number}.f32").write_bytes(result.astype("<f4").tobytes())
        told.append({"stamps": stamps, "shape": shapes[stamps], "preparation": how, "input": result.shape[1:]})
    measured = {"standard": standard, "over_all": over_all}
    text = json.dumps({"names": names, "cases": told, "measured": measured}, indent=1)
    (FOLDER / "cases.json").write_text(text + "\n")
    print(f"{len(told)} cases in {FOLDER}")


if __name__ == "__main__":
    main()
