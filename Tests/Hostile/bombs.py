"""Small files that hold much, or claim to: in memory and time that suit their own size."""

import gzip
import io
import json
import struct
import zipfile
import zlib

from hdf5 import hdf5
from sizes import CARD, fits, npy
from trial import promise

ZEROS = bytes(1 << 20)


def layer(name, config):
    return {"module": "keras.layers", "class_name": name, "config": config}


def network(*layers):
    first = layer("InputLayer", {"batch_shape": [None, 21, 21, 1], "name": "i"})
    config = {"name": "s", "layers": [first, *layers]}
    return json.dumps({"module": "keras", "class_name": "Sequential", "config": config})


def deflated(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, pieces in members:
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)


def make(copy, name):
    """The files of a bomb, and the arguments of the command that is to survive it."""
    predict = ["predict", "--model", "run", "--output", "out.npy", "--quiet", "--input"]
    path = copy.path("bomb")
    if name == "gzip":
        with gzip.open(copy.path("bomb.fits.gz"), "wb", compresslevel=9) as file:
            file.write(fits([21, 21, 5], data=bytes(4 * 21 * 21 * 5)))
            for _ in range(1000):
                file.write(ZEROS)
        return predict + ["bomb.fits.gz"]
    if name == "gzip of gzip":
        inner = gzip.compress(ZEROS * 600, 9)
        copy.path("bomb.fits.gz").write_bytes(gzip.compress(inner, 9))
        return predict + ["bomb.fits.gz"]
    if name == "deflated array":
        deflated(copy.path("bomb.npz"), [("a.npy", [npy((1 << 18, 32, 32))] + [ZEROS] * 1024)])
        return predict + ["bomb.npz"]
    if name == "deflated dataset":
        # One piece of half a gigabyte, in half a megabyte.
        copy.path("bomb.h5").write_bytes(hdf5([1 << 17, 32, 32], ZEROS * 512, chunk=1 << 17))
        return predict + ["bomb.h5:/stamps"]
    if name == "sparse dataset":
        # No piece of it is there: all values are the fill value.
        copy.path("bomb.h5").write_bytes(hdf5([1 << 40, 21, 21], b"", chunk=64))
        return predict + ["bomb.h5:/stamps"]
    if name == "many members":
        with zipfile.ZipFile(copy.path("bomb.npz"), "w") as archive:
            for number in range(20000):
                archive.writestr(f"{number}.npy", b"")
        return predict + ["bomb.npz"]
    if name in ("weights", "configuration", "metadata"):
        with zipfile.ZipFile(copy.path("run/model.keras")) as archive:
            members = {member: [archive.read(member)] for member in archive.namelist()}
        if name == "weights":
            members["model.weights.h5"] += [ZEROS] * 1000
        elif name == "configuration":
            members["config.json"] = [b'{"a":['] + [b'"",' * (1 << 18)] * 60 + [b'""]}']
        else:
            members["metadata.json"] = [b'{"keras_version":"3.0.0","a":"'] + [b"a" * (1 << 20)] * 400 + [b'"}']
        deflated(copy.path("bomb.keras"), members.items())
        return ["summary", "--model", "bomb.keras"]
    if name == "nested":
        copy.path("bomb.json").write_bytes(b"[" * 2_000_000)
        return ["summary", "--model", "bomb.json"]
    if name == "wide":
        dense = layer("Dense", {"name": "d", "units": 2_000_000_000, "activation": "relu"})
        copy.path("bomb.json").write_text(network(layer("Flatten", {"name": "f"}), dense))
        return ["train", "--data", "data", "--model", "bomb.json", "--output", "out", "--quiet"]
    if name == "padding":
        side = [30000, 30000]
        pads = [layer("ZeroPadding2D", {"name": f"p{n}", "padding": [side, side]}) for n in range(3)]
        copy.path("bomb.json").write_text(network(*pads, layer("Flatten", {"name": "f"})))
        return ["train", "--data", "data", "--model", "bomb.json", "--output", "out", "--quiet"]
    if name == "many layers":
        copy.path("bomb.json").write_text(network(
            *[layer("ReLU", {"name": f"r{n}"}) for n in range(30_000)], layer("Flatten", {"name": "f"})))
        return ["summary", "--model", "bomb.json"]
    if name == "header":
        length = 90_000_000
        with open(copy.path("bomb.safetensors"), "wb") as file:
            file.truncate(8 + length)
            file.write(struct.pack("<Q", length) + b'{"__metadata__":{"a":"')
        return ["summary", "--model", "bomb.safetensors"]
    if name == "tensors":
        header = json.dumps({f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(100_000)})
        copy.path("bomb.safetensors").write_bytes(struct.pack("<Q", len(header)) + header.encode())
        return ["summary", "--model", "bomb.safetensors"]
    if name == "units":
        image = fits([1, 1], 8, data=b"a")
        extension = image.replace(CARD.format("SIMPLE", "T").encode(), b"XTENSION= 'IMAGE   '          ")
        copy.path("bomb.fits").write_bytes(image + extension * 3000)
        return predict + ["bomb.fits"]
    if name == "tiles":
        cards = [
            ("ZIMAGE", "T"), ("ZBITPIX", 16), ("ZNAXIS", 2), ("ZNAXIS1", 100_000), ("ZNAXIS2", 100_000),
            ("ZTILE1", 100_000), ("ZTILE2", 100_000), ("ZCMPTYPE", "'GZIP_1'"), ("PCOUNT", 100), ("GCOUNT", 1),
            ("TFIELDS", 1), ("TTYPE1", "'COMPRESSED_DATA'"), ("TFORM1", "'1PB(100)'")]
        table = fits([8, 1], 8, cards, struct.pack(">ii", 100, 0) + gzip.compress(ZEROS)[:100])
        table = table.replace(CARD.format("SIMPLE", "T").encode(), b"XTENSION= 'BINTABLE'          ")
        copy.path("bomb.fits").write_bytes(fits([], 8) + table)
        return predict + ["bomb.fits"]
    if name == "lines":
        with open(copy.path("run/metrics.jsonl"), "ab") as file:
            file.write(b"\n" * 50_000_000)
        return ["report", "--run", "run", "--quiet"]
    if name == "line":
        with open(copy.path("run/history.csv"), "ab") as file:
            file.write(b"," * 50_000_000)
        return ["report", "--run", "run", "--quiet"]
    raise KeyError(path)


NAMES = [
    "gzip", "gzip of gzip", "deflated array", "deflated dataset", "sparse dataset", "many members", "weights",
    "configuration", "metadata", "nested", "wide", "padding", "many layers", "header", "tensors", "units", "tiles",
    "lines", "line"]


def trial(copy, random, number):
    name = NAMES[number % len(NAMES)]
    outcome = copy.run(*make(copy, name)).ends_well()
    promise(not copy.leftovers(), outcome, f"{name}: half-written: {copy.leftovers()}")
