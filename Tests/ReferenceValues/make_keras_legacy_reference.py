"""Writes keras_legacy/: models as Keras 1, 2 and 3 save them in HDF5, with models inside and layers called twice.

Needs the packages of requirements.txt and tf_keras, which is Keras 2; runs like make_keras_reference.py.

    keras2.h5, keras2.json, keras2-weights.h5    one model of Keras 2: whole, its to_json(), its weights alone
    keras3.h5, keras3.keras, keras3.weights.h5   the same in Keras 3's ways
    keras1.h5                                    a small model in the words of Keras 1.2, put together with h5py
    logits.keras, random.keras, mixed.keras      small models of Keras 3 with one peculiarity each
    NAME.safetensors                             `stamps`, `prediction` of each model; of keras3 also ten steps
"""

import reference_values  # first: configures TensorFlow

import json
import pathlib

import h5py
import keras
import numpy as np
import tf_keras

import keras_training

FOLDER = pathlib.Path(__file__).parent / "keras_legacy"
SAMPLES, HEIGHT, WIDTH = 14, 9, 8
LEARNING_RATE = 0.05


def build(package):
    """A functional model inside that is called twice, a Sequential one, a layer called twice, and frozen layers."""
    layers = package.layers
    value = layers.Input((7, 6, 3), name="inner_input")
    inner = layers.Conv2D(3, 3, padding="same", use_bias=False, name="inner_conv")(value)
    inner = layers.BatchNormalization(momentum=0.9, name="inner_bn")(inner)
    inner = package.Model(value, layers.Add(name="inner_sum")([inner, value]), name="inner")
    head = package.Sequential(
        [
            layers.Input((7 * 6 * 6,)),
            layers.Dense(6, activation="tanh", name="head_dense"),
            layers.BatchNormalization(name="head_bn"),
        ],
        name="head",
    )
    stamp = layers.Input((HEIGHT, WIDTH, 1), name="stamp")
    first = layers.Conv2D(3, 3, activation="tanh", name="first")(stamp)
    maps = inner(inner(first))
    maps = layers.BatchNormalization(trainable=False, name="frozen_bn")(maps)
    maps = layers.Conv2D(3, 1, trainable=False, name="frozen_conv")(maps)
    maps = layers.LeakyReLU(0.1, name="leaky")(maps)
    shared = layers.Conv2D(3, 3, padding="same", activation="tanh", name="shared")
    maps = layers.Concatenate(name="join")([shared(maps), shared(first)])
    output = layers.Dense(2, activation="softmax", name="out")(head(layers.Flatten(name="flat")(maps)))
    return package.Model(stamp, output, name="both")


def flat(model):
    """All layers, those of models inside in their place."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from flat(layer)
        else:
            yield layer


def variables(model):
    """(LAYER/PARAMETER, variable) of every weight."""
    for layer in flat(model):
        for weight in layer.weights:
            yield f"{layer.name}/{weight.name.split('/')[-1].split(':')[0]}", weight


def drawn(model, seed):
    """Weights that leave no layer idle."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, variable in variables(model):
        values = random.normal(scale=0.4, size=tuple(variable.shape))
        if name.endswith(("gamma", "moving_variance")):
            values = 1 + np.abs(values) / 2
        weights[name] = values.astype(np.float32)
    return weights


def assign(model, weights):
    for name, variable in variables(model):
        variable.assign(weights[name])


def run(weights, stamps, labels):
    """Ten full-batch steps of Keras 3 in the present precision."""
    model = build(keras)
    assign(model, weights)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=LEARNING_RATE), jit_compile=False)
    inputs, targets = keras_training.arguments(stamps, labels, 2)
    loss_function = keras.losses.CategoricalCrossentropy()
    tensors, losses = {"prediction": model(inputs, training=False).numpy()}, []
    for step in range(keras_training.STEPS):
        with keras_training.tf.GradientTape() as tape:
            loss = loss_function(targets, model(inputs, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        if step == 0:
            named = {id(variable): gradient for variable, gradient in zip(model.trainable_variables, gradients)}
            found = [(name, named.get(id(variable))) for name, variable in variables(model)]
            tensors.update({f"gradient/{name}": value.numpy() for name, value in found if value is not None})
        model.optimizer.apply(gradients, model.trainable_variables)
        losses.append(loss.numpy())
    tensors["sgd/loss"] = np.array(losses)
    tensors.update({f"sgd/final/{name}": variable.numpy() for name, variable in variables(model)})
    return tensors


def write_both():
    stamps, labels = keras_training.make_stamps(SAMPLES, 3, HEIGHT, WIDTH)
    weights = drawn(build(keras), 5)
    with reference_values.precision("float64"):
        double = run(weights, stamps, labels)
        perturbed = [run(keras_training.perturbed_weights(weights, n), stamps, labels) for n in range(2)]
    tensors = reference_values.with_tolerances(run(weights, stamps, labels), double, perturbed)
    tensors.update(stamps=stamps, labels=labels, **{f"initial/{name}": value for name, value in weights.items()})
    reference_values.save("keras3", tensors, {}, folder=FOLDER)
    model = build(keras)
    assign(model, weights)
    model.save(FOLDER / "keras3.h5")
    model.save(FOLDER / "keras3.keras")
    model.save_weights(FOLDER / "keras3.weights.h5")
    old = build(tf_keras)
    assign(old, weights)
    old.save(FOLDER / "keras2.h5")
    old.save_weights(FOLDER / "keras2-weights.h5", save_format="h5")
    (FOLDER / "keras2.json").write_text(old.to_json())
    difference = np.abs(np.asarray(old(stamps[..., None])) - tensors["prediction"]).max()
    assert difference < 1e-6, difference


def write_keras1():
    """What Keras 1.2 wrote: a list of layers, its own names of options and of weights."""
    random = np.random.default_rng(1)
    weights = {
        "conv": [("conv_W", random.normal(size=(3, 2, 1, 4))), ("conv_b", random.normal(size=4))],
        "bn": [(f"bn_{name}", random.uniform(0.5, 1.5, 4)) for name in ("gamma", "beta", "running_mean", "running_std")],
        "dense": [("dense_W", random.normal(size=(4, 1))), ("dense_b", random.normal(size=1))],
    }
    common = {"trainable": True, "b_regularizer": None, "W_constraint": None, "b_constraint": None}
    regularizer = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.0}
    described = [
        (
            "Convolution2D",
            {
                "name": "conv", "batch_input_shape": [None, 6, 5, 1], "input_dtype": "float32", "nb_filter": 4,
                "nb_row": 3, "nb_col": 2, "border_mode": "valid", "subsample": [2, 1], "dim_ordering": "tf",
                "bias": True, "init": "glorot_uniform", "activation": "tanh", "W_regularizer": regularizer,
                "activity_regularizer": None, **common,
            },
        ),
        ("BatchNormalization", {"name": "bn", "mode": 0, "axis": -1, "momentum": 0.99, "epsilon": 0.001,
                                "gamma_regularizer": None, "beta_regularizer": None, "trainable": True}),
        ("Dropout", {"name": "drop", "p": 0.5, "trainable": True}),
        ("GlobalAveragePooling2D", {"name": "mean", "dim_ordering": "tf", "trainable": True}),
        ("Dense", {"name": "dense", "output_dim": 1, "input_dim": 4, "init": "glorot_uniform", "bias": True,
                   "activation": "sigmoid", "W_regularizer": None, "activity_regularizer": None, **common}),
    ]
    configuration = {
        "class_name": "Sequential",
        "config": [{"class_name": name, "config": config} for name, config in described],
    }
    with h5py.File(FOLDER / "keras1.h5", "w", track_order=False) as file:
        file.attrs["keras_version"] = np.bytes_("1.2.2")
        file.attrs["model_config"] = np.bytes_(json.dumps(configuration))
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([config["name"].encode() for _, config in described])
        for _, config in described:
            layer = group.create_group(config["name"])
            values = weights.get(config["name"], [])
            layer.attrs["weight_names"] = np.array([name.encode() for name, _ in values])
            for name, value in values:
                layer.create_dataset(name, data=value.astype(np.float32))
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6, 5, 1)),
            layers.Conv2D(4, (3, 2), strides=(2, 1), activation="tanh"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights([value.astype(np.float32) for values in weights.values() for _, value in values])
    save_predictions("keras1", model, (6, 5, 1))


def save_predictions(name, model, shape, function=lambda prediction: prediction):
    stamps = np.random.default_rng(2).normal(size=(9, *shape)).astype(np.float32)
    prediction = function(np.asarray(model(stamps, training=False))).astype(np.float32)
    reference_values.save(name, {"stamps": stamps[..., 0], "prediction": prediction}, {}, folder=FOLDER)


def small(*middle, end="softmax", **options):
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((5, 4, 1), name="stamp"), *middle, layers.Flatten(name="flat"),
         layers.Dense(2, activation=end, name="out", **options)]
    )
    random = np.random.default_rng(4)
    model.set_weights([random.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def write_peculiar():
    model = small(end=None)
    model.save(FOLDER / "logits.keras")
    save_predictions("logits", model, (5, 4, 1), softmax)
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    model.save(FOLDER / "compiled.keras")
    model = small(keras.layers.RandomFlip("horizontal", seed=1, name="flip"), keras.layers.RandomRotation(0.1, seed=2))
    model.save(FOLDER / "random.keras")
    save_predictions("random", model, (5, 4, 1))
    model = small(dtype="mixed_float16")
    model.save(FOLDER / "mixed.keras")
    single = small()
    single.set_weights(model.get_weights())
    save_predictions("mixed", single, (5, 4, 1))


def main():
    FOLDER.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    write_both()
    write_keras1()
    write_peculiar()


if __name__ == "__main__":
    main()
