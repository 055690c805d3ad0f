"""Files whose numbers lie: lengths, counts, offsets, shapes and values, in every place where a number stands."""

import re
import struct

from hdf5 import hdf5
from trial import promise

EXTREMES = [
    b"0", b"-1", b"1", b"2", b"255", b"65536", b"2147483647", b"2147483648", b"4294967295", b"9223372036854775807",
    b"9223372036854775808", b"99999999999999999999999", b"-9223372036854775808", b"1e308", b"1e999", b"-0.0", b"NaN",
    b"1.5", b'"text"', b"null", b"true", b"[]", b"{}"]
BINARY = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]

CARD = "{:<8}= {:>20}"


def npy(shape, kind="<f4"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def fits(axes, bits=-32, more=(), data=b""):
    cards = [CARD.format("SIMPLE", "T"), CARD.format("BITPIX", bits), CARD.format("NAXIS", len(axes))]
    cards += [CARD.format(f"NAXIS{number}", length) for number, length in enumerate(axes, 1)]
    cards += [CARD.format(key, value) for key, value in more] + ["END"]
    header = "".join(card.ljust(80) for card in cards).encode()
    return header.ljust(-(-len(header) // 2880) * 2880) + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


def targets(copy):
    """What is spoilt, and the commands that read it."""
    stamps = copy.path("data/stamps_sources.npy").read_bytes()
    copy.path("stamps.fits").write_bytes(
        fits([21, 21, 60], more=[("BSCALE", "1.0"), ("BZERO", "0.0")], data=stamps[128:]))
    copy.path("stamps.h5").write_bytes(hdf5([60, 21, 21], stamps[128:]))
    copy.path("chunks.h5").write_bytes(hdf5([60, 21, 21], stamps[128:], chunk=16))
    copy.path("labels.csv").write_text("id,kind\n" + "".join(f"{row},{row % 3}\n" for row in range(120)))
    copy.path("labels.npy").write_bytes(npy((120,), "<i8") + struct.pack("<120q", *(row % 3 for row in range(120))))
    copy.path("features.csv").write_text(
        "mag,seeing\n" + "".join(f"{20 + row % 7}.5,1.{row % 5}e0\n" for row in range(120)))
    predict = ["predict", "--model", "run", "--output", "out.npy", "--quiet", "--input"]
    train = ["train", "--model", "simple", "--batch-size", "16", "--threads", "1", "--epochs", "1", "--quiet",
             "--no-report", "--output", "new"]
    labelled = train + ["--stamps", "data/stamps_noise.npy", "data/stamps_sources.npy", "--labels"]
    resume = ["train", "--recipe", "notebook", "--data", "data", "--model", "simple-bn", "--batch-size", "16",
              "--threads", "1", "--epochs", "3", "--quiet", "--no-report", "--output", "run", "--resume"]
    report = ["report", "--run", "run", "--quiet"]
    last = max(copy.path("run/checkpoints").glob("step-*"), key=lambda path: int(path.name[5:])).name
    checkpoint = f"run/checkpoints/{last}"
    return [
        ("data/stamps_sources.npy", [predict + ["data/stamps_sources.npy"]]),
        ("stamps.fits", [predict + ["stamps.fits"]]),
        ("stamps.h5", [predict + ["stamps.h5:/stamps"]]),
        ("chunks.h5", [predict + ["chunks.h5:/stamps"]]),
        ("labels.csv", [labelled + ["labels.csv:kind"]]),
        ("labels.npy", [labelled + ["labels.npy"]]),
        ("features.csv", [train + ["--data", "data", "--features", "features.csv"]]),
        ("run/model.safetensors", [
            ["summary", "--model", "run/model.safetensors"], predict + ["data/stamps_noise.npy"]]),
        ("run/model.keras", [["summary", "--model", "run/model.keras"]]),
        ("run/config.json", [report, resume]),
        ("run/metrics.json", [report, ["report", "--compare", "run", "run", "--output", "both.html"]]),
        ("run/history.csv", [report, resume]),
        ("run/hashes.csv", [report, resume]),
        ("run/metrics.jsonl", [report, resume]),
        ("run/test_predictions.csv", [report]),
        ("run/checkpoints/best.json", [resume]),
        (f"{checkpoint}/manifest.json", [resume]),
        (f"{checkpoint}/state.json", [resume]),
        (f"{checkpoint}/history.csv", [resume]),
        (f"{checkpoint}/optimizer.safetensors", [resume]),
        ("ensemble/member-1/config.json", [["report", "--run", "ensemble/member-1"]]),
    ]


def spoil(random, contents):
    """The file with one or a few of its numbers exchanged, or cut off."""
    places = list(re.finditer(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?", contents[:1 << 16]))
    kind = random.random()
    if places and kind < 0.7:
        for place in sorted(random.sample(places, random.randint(1, min(3, len(places)))), key=lambda m: -m.start()):
            value = random.choice(EXTREMES)
            if random.random() < 0.5:
                # Headers of fixed length stay what they are.
                value = value[:len(place[0])].rjust(len(place[0]), random.choice([b" ", b"9"]))
            contents = contents[:place.start()] + value + contents[place.end():]
        return contents
    if kind < 0.9:
        value, size = random.choice(BINARY), random.choice([1, 2, 4, 8])
        start = random.randrange(max(1, min(len(contents), 4096) - size))
        packed = struct.pack("<Q", value)[:size]
        if random.random() < 0.3:
            packed = packed[::-1]
        if random.random() < 0.3:
            start = max(0, len(contents) - random.randrange(1, 200))
        return contents[:start] + packed + contents[start + size:]
    return contents[:random.randrange(len(contents))]


def trial(copy, random, number):
    choices = targets(copy)
    name, commands = choices[number % len(choices)]
    path = copy.path(name)
    path.write_bytes(spoil(random, path.read_bytes()))
    for arguments in commands:
        before = copy.digests("data")
        outcome = copy.run(*arguments).ends_well()
        promise(copy.digests("data") == before, outcome, "the stamps have changed")
        promise(not copy.leftovers(), outcome, f"half-written: {copy.leftovers()}")
