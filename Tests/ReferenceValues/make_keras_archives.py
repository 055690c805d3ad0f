"""Writes keras_archives/: models as Keras saves them, and files that must be refused.

Needs the packages of requirements.txt; run it without arguments from any folder, as make_keras_reference.py.

    NAME.keras, NAME.safetensors  a model and its weights as LAYER/PARAMETER; metadata: `layers`, Keras' order of layers
    NAME.json                     the model's to_json()
    graphs.json                   random graphs: layers with their inputs, and the order in which Keras keeps them
    refused/NAME.json             to_json() of models that need what is not supported
    refused/NAME.keras            archives with one fault each
"""

import reference_values  # first: configures TensorFlow

import io
import json
import pathlib
import random
import re
import zipfile

import h5py
import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).parent / "keras_archives"
DATE = (1980, 1, 1, 0, 0, 0)


def sequential():
    """Two convolutions whose names are not in their order, and activations as names, layers and objects."""
    return keras.Sequential(
        [
            layers.Input((9, 8, 1), name="stamp"),
            layers.Conv2D(3, (3, 2), activation="relu", name="z_first"),
            layers.Conv2D(4, 3, strides=(2, 1), padding="same", use_bias=False, name="a_second"),
            layers.BatchNormalization(axis=3, momentum=0.9, epsilon=0.01, name="bn"),
            layers.LeakyReLU(0.1, name="leaky"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Dropout(0.25, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(5, activation=layers.ELU(0.5), name="fc_2"),
            layers.Dense(4, activation="leaky_relu", name="fc_1"),
            layers.ReLU(name="relu"),
            layers.Dense(2, activation="softmax", name="fc_out"),
        ],
        name="chain",
    )


def functional():
    """Branches of different lengths, so that Keras' order is not the one of creation."""
    stamp = layers.Input((7, 7, 1), name="stamp")
    late = layers.Conv2D(2, 3, padding="same", activation="gelu", name="late")(stamp)
    padded = layers.ZeroPadding2D(((1, 2), (0, 3)), name="pad")(stamp)
    early = layers.Conv2D(2, (4, 4), activation="tanh", name="early")(padded)
    early = layers.BatchNormalization(scale=False, name="bn_center")(early)
    early = layers.Activation("elu", name="act")(early)
    total = layers.Add(name="sum")([early, late])
    joined = layers.Concatenate(name="join")([total, stamp, early])
    joined = layers.BatchNormalization(center=False, name="bn_scale")(joined)
    pooled = layers.AveragePooling2D(3, strides=2, padding="same", name="average")(joined)
    mean = layers.GlobalAveragePooling2D(name="mean")(pooled)
    most = layers.GlobalMaxPooling2D(keepdims=True, name="most")(pooled)
    both = layers.Concatenate(axis=1, name="both")([layers.Flatten(name="flat")(most), mean])
    output = layers.Dense(1, activation="sigmoid", name="fc_out")(both)
    model = keras.Model(stamp, output, name="branches")
    model.compile("adam", "binary_crossentropy")  # an optimizer's state must not disturb
    return model


def with_features():
    """Two inputs: the model takes first what is needed last."""
    cutout, table = layers.Input((6, 5, 2), name="cutout"), layers.Input((3,), name="table")
    maps = layers.Conv2D(3, 3, activation="relu", name="conv")(cutout)
    maps = layers.BatchNormalization(name="bn")(maps)
    own = layers.Dense(4, activation="tanh", name="own")(table)
    joined = layers.Concatenate(name="join")([layers.Flatten(name="flat")(maps), table, own])
    output = layers.Dense(2, activation="softmax", name="fc_out")(joined)
    return keras.Model([table, cutout], output, name="features")


def with_convolutions():
    """All kinds of convolutions with all their options."""
    return keras.Sequential(
        [
            layers.Input((9, 8, 2), name="stamp"),
            layers.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=3, name="each"),
            layers.Conv2DTranspose(4, 3, strides=(2, 3), padding="same", output_padding=(1, 2), name="up"),
            layers.Conv2D(6, 3, groups=2, activation="relu", name="groups"),
            layers.SeparableConv2D(5, (2, 3), depth_multiplier=2, use_bias=False, activation="tanh", name="separable"),
            layers.Conv2D(3, 2, dilation_rate=(2, 3), name="dilated"),
            layers.DepthwiseConv2D(2, dilation_rate=(1, 2), use_bias=False, name="each_dilated"),
            layers.Conv2DTranspose(2, (1, 2), use_bias=False, activation="elu", name="wider"),
            layers.Flatten(name="flat"),
            layers.Dense(2, activation="softmax", name="fc_out"),
        ],
        name="convolutions",
    )


def write_model(model):
    random_values = np.random.default_rng(7)
    model.set_weights([random_values.normal(size=w.shape).astype(np.float32) ** 2 for w in model.get_weights()])
    model.save(path := FOLDER / f"{model.name}.keras")
    repack(path)
    (FOLDER / f"{model.name}.json").write_text(numbered(model.to_json()))
    weights = {f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights}
    # A Sequential model hides its input layer.
    names = [layer.name for layer in (model._layers if isinstance(model, keras.Sequential) else model.layers)]
    reference_values.save(model.name, weights, {"layers": " ".join(names)}, folder=FOLDER)


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def numbered(text):
    """Counts shared objects instead of calling them by their addresses: the same models shall give the same bytes."""
    numbers = {}
    return re.sub(r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers))), text)


def write_archive(path, contents):
    """Writes (name, bytes) pairs, deflated (Keras stores them; the size of this repository matters), with a fixed date."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents:
            information = zipfile.ZipInfo(name, DATE)
            information.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(information, data)


def repack(path):
    """Makes the bytes of an archive of Keras' depend on the model alone."""
    contents = members(path)
    contents["config.json"] = numbered(contents["config.json"].decode()).encode()
    metadata = json.loads(contents["metadata.json"])
    metadata["date_saved"] = "1980-01-01@00:00:00"
    contents["metadata.json"] = json.dumps(metadata).encode()
    write_archive(path, contents.items())


# Graphs


def write_graphs():
    """Random graphs of activations and sums; Keras decides the order of their layers."""
    generator = random.Random(3)
    graphs = []
    for number in range(12):
        described, tensors = [], [("stamp", layers.Input((2, 2, 1), name="stamp"))]
        for index in range(generator.randint(3, 12)):
            recent = tensors[-5:]
            inputs = generator.sample(recent, min(len(recent), generator.choice((1, 1, 2, 3))))
            append(described, tensors, f"layer_{index}", inputs)
        used = {name for _, names in described for name in names}
        ends = [(name, tensor) for name, tensor in tensors if name not in used]
        generator.shuffle(ends)
        append(described, tensors, "last", ends)
        flat = layers.Flatten(name="flat")(tensors[-1][1])
        model = keras.Model(tensors[0][1], layers.Dense(1, activation="sigmoid", name="out")(flat))
        graphs.append({"layers": dict(described), "order": [layer.name for layer in model.layers]})
    (FOLDER / "graphs.json").write_text(json.dumps(graphs, indent=1))


def append(described, tensors, name, inputs):
    """Adds a layer that is fed by `inputs`, pairs of a name and a tensor."""
    values = [tensor for _, tensor in inputs]
    layer = layers.Add(name=name)(values) if len(values) > 1 else layers.Activation("relu", name=name)(values[0])
    described.append((name, [name for name, _ in inputs]))
    tensors.append((name, layer))


# What is refused


@keras.saving.register_keras_serializable(package="someone")
class Custom(layers.Layer):
    def call(self, inputs):
        return inputs


@keras.saving.register_keras_serializable(package="someone")
def own(x):
    return x


def chain(*middle, shape=(9, 9, 1)):
    head = [layers.Flatten(), layers.Dense(2, activation="softmax", name="out")]
    return keras.Sequential([layers.Input(shape, name="stamp"), *middle, *head])


def with_branches(build):
    """A model of `build`'s tensors for a stamp: one, or two outputs."""
    stamp = layers.Input((9, 9, 1), name="stamp")
    return keras.Model(stamp, build(stamp))


def out(tensor, name="out"):
    return layers.Dense(2, activation="softmax", name=name)(layers.Flatten()(tensor))


def three_inputs():
    inputs = [layers.Input((9, 9, 1), name=name) for name in ("stamp", "other", "third")]
    return keras.Model(inputs, out(layers.Add()(inputs)))


def idle_input():
    stamp, table = layers.Input((9, 9, 1), name="stamp"), layers.Input((3,), name="table")
    return keras.Model([stamp, table], out(stamp))


def refused():
    convolution = lambda **options: layers.Conv2D(2, 3, name="conv", **options)
    return {
        "lambda": chain(layers.Lambda(lambda x: x, name="code")),
        "custom-layer": chain(Custom(name="own")),
        "custom-activation": chain(layers.Activation(own, name="act")),
        "channels-first": chain(layers.Conv2D(2, 1, data_format="channels_first", name="conv")),
        "constraint": chain(convolution(kernel_constraint="max_norm")),
        "half-precision": chain(convolution(dtype="float16")),
        "recurrent": chain(layers.Reshape((9, 9)), layers.LSTM(4, name="memory")),
        "other-activation": chain(convolution(activation="sparsemax")),
        "batch-normalization-axis": chain(layers.BatchNormalization(axis=1, name="bn")),
        "renorm": chain(layers.BatchNormalization(renorm=True, name="bn")),
        "noise-shape": chain(layers.Dropout(0.5, noise_shape=(12, 1, 1, 1), name="drop")),
        "open-shape": open_shape(),
        "operation": with_branches(lambda stamp: out(keras.ops.sign(stamp))),
        "training-argument": with_branches(lambda stamp: out(layers.Dropout(0.5, name="drop")(stamp, training=True))),
        "three-inputs": three_inputs(),
        "idle-input": idle_input(),
        "features-of-two-axes": features_of_two_axes(),
        "two-outputs": with_branches(lambda stamp: [out(stamp, "a"), out(stamp, "b")]),
    }


def open_shape():
    stamp = layers.Input((None, None, 1), name="stamp")
    return keras.Model(stamp, layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(stamp)))


def features_of_two_axes():
    table = layers.Input((3, 2), name="table")
    return keras.Model(table, out(table))


def write_refused():
    folder = FOLDER / "refused"
    folder.mkdir(exist_ok=True)
    for name, model in refused().items():
        (folder / f"{name}.json").write_text(numbered(model.to_json()))


def write_refused_archives():
    """A tiny model's archive, spoilt in one way each."""
    folder = FOLDER / "refused"
    chain(shape=(2, 2, 1)).save(path := folder / "whole.keras")
    repack(path)
    whole = members(path)
    path.unlink()

    def write(name, replaced):
        contents = {key: value for key, value in {**whole, **replaced}.items() if value is not None}
        write_archive(folder / f"{name}.keras", contents.items())

    def spoilt(change):
        buffer = io.BytesIO(whole["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            change(file["layers/dense/vars"])
        return {"model.weights.h5": buffer.getvalue()}

    def replace(name, make):
        def change(group):
            del group[name]
            make(group)

        return change

    kernel = np.ones((4, 2), np.float32)
    write("no-weights", {"model.weights.h5": None})
    write("no-configuration", {"config.json": None})
    write("weights-are-text", {"model.weights.h5": b"these are no weights, but there are enough bytes for them all"})
    write("few-bytes", {"model.weights.h5": b"few"})
    write("keras-4", {"metadata.json": b'{"keras_version": "4.0.0"}'})
    write("swollen", {"metadata.json": whole["metadata.json"] + b" " * (1 << 20)})
    write("other-shape", spoilt(replace("0", lambda g: g.create_dataset("0", data=kernel.T))))
    write("half-precision", spoilt(replace("0", lambda g: g.create_dataset("0", data=kernel.astype(np.float16)))))
    write("lost-kernel", spoilt(replace("0", lambda g: g.create_dataset("2", data=kernel))))
    write("one-more", spoilt(lambda g: g.create_dataset("2", data=kernel)))
    write("soft-link", spoilt(replace("0", lambda g: g.__setitem__("0", h5py.SoftLink("1")))))
    write("external-link", spoilt(replace("0", lambda g: g.__setitem__("0", h5py.ExternalLink("other.h5", "0")))))
    external = [("/etc/hostname", 0, 32)]
    write("other-file", spoilt(replace("0", lambda g: g.create_dataset("0", (4, 2), "<f4", external=external))))
    write_archive(folder / "outside.keras", [(f"../{name}", data) for name, data in whole.items()])
    write_archive(folder / "twice.keras", [*whole.items(), ("config.json", whole["config.json"])])


def main():
    FOLDER.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    write_model(sequential())
    write_model(functional())
    write_model(with_features())
    write_model(with_convolutions())
    write_graphs()
    write_refused()
    write_refused_archives()


if __name__ == "__main__":
    main()
