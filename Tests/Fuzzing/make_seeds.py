"""Makes Seeds/: small valid files of every format, and the known attacks on each.

    python3 make_seeds.py

Needs nothing but Python. Equal scripts give equal seeds.
"""

import io
import json
import pathlib
import struct
import zipfile

SEEDS = pathlib.Path(__file__).parent / "Seeds"
REFERENCES = pathlib.Path(__file__).parent.parent / "ReferenceValues"


def write(reader, name, data):
    folder = SEEDS / reader
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def npy(shape, data=b"", descr="'<f4'", order="False", version=1):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def npz(members, method):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, data in members:
            member = zipfile.ZipInfo(name)
            member.compress_type = method
            file.writestr(member, data)
    return archive.getvalue()


def overlapping():
    """Two members of the directory that are one in the file."""
    whole = npz([("a.npy", npy("(1, 2, 2)", bytes(16))), ("b.npy", npy("(1, 2, 2)", bytes(16)))], zipfile.ZIP_STORED)
    entries = [i for i in range(len(whole)) if whole[i : i + 4] == b"PK\x01\x02"]
    return whole[: entries[1] + 42] + struct.pack("<I", 0) + whole[entries[1] + 46 :]


def fits(cards, data=b"", first="SIMPLE  =                    T"):
    lines = [first] + [f"{key:8}= {value:>20}" for key, value in cards] + ["END"]
    header = "".join(line.ljust(80) for line in lines).encode()
    return header.ljust(-(-len(header) // 2880) * 2880) + data


def image(*axes, bits=-32, first=None, **more):
    cards = [("BITPIX", bits), ("NAXIS", len(axes)), *((f"NAXIS{i}", n) for i, n in enumerate(axes, 1)), *more.items()]
    return cards if first is None else cards + [("PCOUNT", 0), ("GCOUNT", 1)]


def safetensors(header, data=b""):
    text = header if isinstance(header, str) else json.dumps(header)
    return struct.pack("<Q", len(text)) + text.encode() + data


def tensor(shape, start, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def layer(name, inputs, **kind):
    return {"name": name, "kind": kind, "inputs": inputs}


def network(units=2, shape=(2, 2, 1)):
    return {
        "name": "seed",
        "layers": [
            layer("input", [], input={"shape": list(shape)}),
            layer("flatten", ["input"], flatten={}),
            layer("d", ["flatten"], dense={"units": units, "activation": {"softmax": {}}, "useBias": True}),
        ],
    }


def convolutional():
    relu, size = {"relu": {}}, {"height": 2, "width": 2}
    return {
        "name": "seed",
        "layers": [
            layer("i", [], input={"shape": [5, 5, 1]}),
            layer("z", ["i"], zeroPadding2D={"top": 1, "bottom": 1, "left": 0, "right": 2}),
            layer("c", ["z"], convolution2D={
                "filters": 3, "kernelSize": size, "strides": {"height": 1, "width": 1}, "padding": "same",
                "activation": {"leakyReLU": {"slope": 0.25}}, "useBias": False}),
            layer("b", ["c"], batchNormalization={"momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}),
            layer("a", ["b"], activation={"_0": relu}),
            layer("m", ["a"], maxPooling2D={"poolSize": size, "strides": size, "padding": "valid"}),
            layer("v", ["a"], averagePooling2D={"poolSize": size, "strides": size, "padding": "valid"}),
            layer("s", ["m", "v"], add={}),
            layer("j", ["s", "m"], concatenate={}),
            layer("o", ["j"], dropout={"rate": 0.5}),
            layer("g", ["o"], globalAveragePooling2D={"keepDimensions": False}),
            layer("d", ["g"], dense={"units": 1, "activation": {"sigmoid": {}}, "useBias": True}),
        ],
    }


def stamps():
    write("npy", "c", npy("(2, 3, 3)", bytes(72)))
    write("npy", "fortran", npy("(2, 4)", bytes(64), "'>f8'", "True", 2))
    write("npy", "huge", npy("(8589934592,)"))
    write("npy", "objects", npy("(1,)", b"\x80\x04cposix\nsystem\n(S'id'\ntR.", "'|O'"))
    write("npy", "negative", npy("(-1, 4)", bytes(16)))
    write("npy", "overflow", npy("(4294967296, 4294967296)"))
    write("npy", "zeros", npy("(0, 4611686018427387904, 4611686018427387904)", order="True"))
    write("npz", "stored", npz([("a.npy", npy("(1, 2, 2)", bytes(16)))], zipfile.ZIP_STORED))
    several = [("../../a.npy", npy("(1, 2, 2)", bytes(16))), ("/b.npy", npy("(3,)", bytes(12)))]
    write("npz", "deflated", npz(several, zipfile.ZIP_DEFLATED))
    write("npz", "bomb", npz([("a.npy", npy("(40, 30, 30)", bytes(144000)))], zipfile.ZIP_DEFLATED))
    write("npz", "overlapping", overlapping())
    write("npz", "zip64", (REFERENCES / "numpy/zip64_deflated.npz").read_bytes())


def images():
    extension = "XTENSION= 'IMAGE   '"
    write("fits", "cube", fits(image(3, 2, 2), bytes(48)))
    write("fits", "scaled", fits(image(3, 2, bits=16, BSCALE=0.5, BZERO=32768, BLANK=-1), bytes(12)))
    write("fits", "unsigned", fits(image(3, 2, bits=64, BZERO="9223372036854775808."), bytes(48)))
    write("fits", "long", fits(image(3, 2, bits=16, BLANK="1" + 68 * "x"), bytes(12)))
    for name, axes in [("huge", (2**40, 2**40)), ("overflow", (2**62, 2**62, 8)), ("negative", (-3, 2)), ("many", (1,) * 30)]:
        write("fits", name, fits(image(*axes), bytes(24)))
    whole = fits(image(3, 2), bytes(2880)) + fits(image(3, 2, bits=8, first=extension), bytes(6), extension)
    write("fits", "list", whole)
    table = [("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 8), ("NAXIS2", -4), ("PCOUNT", 2**60), ("GCOUNT", 1), ("TFIELDS", 1)]
    write("fits", "table", fits([("BITPIX", 8), ("NAXIS", 0)]) + fits(table, bytes(40), "XTENSION= 'BINTABLE'"))
    write("fits", "gzipped", (REFERENCES / "fits/cube_members.fits.gz").read_bytes())


def datasets():
    for name in ["contiguous", "chunked", "several", "table_packed", "user_block", "unwritten", "claims", "elsewhere"]:
        write("hdf5", name, (REFERENCES / f"channels/{name}.h5").read_bytes())


def tensors():
    two = {"__metadata__": {"k": "\u00e9\n"}, "a": tensor([2], 0, 8), "b": tensor([1, 2], 8, 16)}
    write("safetensors", "two", safetensors(two, bytes(16)))
    write("safetensors", "formats", safetensors({"a": tensor([1], 0, 8, "I64"), "b": tensor([3], 8, 11, "BOOL")}, bytes(11)))
    write("safetensors", "overlap", safetensors({"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, bytes(12)))
    write("safetensors", "header", struct.pack("<Q", 100_000_000) + b"{}")
    write("safetensors", "overflow", safetensors({"a": tensor([2**32, 2**32], 0, 0, "F64")}))
    write("safetensors", "nested", safetensors('{"a":' * 200))
    for name, description, kernel in [("small", network(), [4, 2]), ("claims", network(units=2**31), [4, 2**31])]:
        weights = {"d/kernel": tensor(kernel, 0, 32), "d/bias": tensor([2], 32, 40)}
        header = {"__metadata__": {"network": json.dumps(description), "normalize": "mean"}} | weights
        write("model", name, safetensors(header, bytes(40)))


def networks():
    write("network", "small", json.dumps(network()))
    write("network", "convolutional", json.dumps(convolutional()))
    write("network", "units", json.dumps(network(units=2**40)))
    write("network", "shape", json.dumps(network(shape=(2**63 - 1, 1, 1))))
    write("network", "numbers", json.dumps(network()).replace("2", "1e999"))
    write("network", "integers", json.dumps(network()).replace("2", "99999999999999999999"))
    for name in ["chain", "branches"]:
        write("keras-json", name, (REFERENCES / f"keras_archives/{name}.json").read_bytes())
        write("keras", name, (REFERENCES / f"keras_archives/{name}.keras").read_bytes())
    for refused in ["lambda", "three-inputs"]:
        write("keras-json", refused, (REFERENCES / f"keras_archives/refused/{refused}.json").read_bytes())
    for refused in ["swollen", "twice"]:
        write("keras", refused, (REFERENCES / f"keras_archives/refused/{refused}.keras").read_bytes())
    write("keras-json", "keras2", (REFERENCES / "keras_legacy/keras2.json").read_bytes())
    for name in ["keras1", "keras2", "keras2-weights", "keras3"]:
        write("keras-hdf5", name, (REFERENCES / f"keras_legacy/{name}.h5").read_bytes())
    for reader in ["keras-json", "network", "state", "manifest"]:
        write(reader, "nested", "[" * 600)
        write(reader, "nested-objects", '{"a":' * 400 + "1" + "}" * 400)


def graphs():
    """Networks as programs export them; their kernels are small."""
    for name in ["mobile-script", "unet-logits-script", "inputs-script", "vgg-script", "keras-chain", "keras-branches"]:
        write("onnx", name.removesuffix("-script"), (REFERENCES / f"onnx/{name}.onnx").read_bytes())
    damaged = (REFERENCES / "onnx/inputs-script.onnx").read_bytes()
    write("onnx", "extents", damaged.replace(b"\x08\x04\x08\x01\x08\x03\x08\x03", b"\x08\x7f\x08\x7f\x08\x7f\x08\x7f"))


def pickles():
    """PyTorch's files, and the pickles in them."""
    for name in ["tensors", "checkpoint", "protocol4", "command", "module"]:
        data = (REFERENCES / f"torch/{name}.pth").read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            pickle = next(member for member in file.namelist() if member.endswith("data.pkl"))
            write("pickle", name, file.read(pickle))
    write("torch", "tensors", (REFERENCES / "torch/tensors.pth").read_bytes())
    write("torch", "integers", (REFERENCES / "torch/integers.pth").read_bytes())


def records():
    state = {"format_version": 2, "step": 7, "completed_epochs": 1, "step_in_epoch": 2, "settings_fingerprint": "0"}
    write("state", "whole", json.dumps(state))
    write("state", "numbers", json.dumps(state).replace("7", "1e999").replace("1,", "9223372036854775807,"))
    entry = {"size": 9, "crc32": "6f8c2b1e"}
    manifest = {"format_version": 1, "files": {"state.json": entry, "model.safetensors": entry}}
    write("manifest", "whole", json.dumps(manifest))
    manifest["files"] |= {"../../../../../../dev/zero": entry, "..": entry}
    write("manifest", "path", json.dumps(manifest))
    header = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second\n"
    write("history", "whole", header + "1,0.5,0.75,0.25,1,0.01,2,100\n2,nan,0.5,,,1e-3,1e3,inf\n")
    write("history", "numbers", header + "9223372036854775807,1e999,-0x1p9,,,1e99,1,1\n")


stamps()
images()
datasets()
tensors()
networks()
graphs()
pickles()
records()
