"""Writes keras_frozen/: ten steps of Keras with frozen layers at the bottom of a network, and in its middle.

Runs like make_keras_reference.py.

    network.keras         the network with its first weights; nothing in it is frozen
    network.safetensors   `stamps`, `labels`, and of each case CASE/loss, CASE/final/LAYER/PARAMETER, CASE/prediction
"""

import reference_values  # first: configures TensorFlow

import pathlib

import keras
import numpy as np

import keras_training

FOLDER = pathlib.Path(__file__).parent / "keras_frozen"
SAMPLES, HEIGHT, WIDTH = 14, 9, 8
# In the middle, gradients pass through what is frozen.
FROZEN = {"bottom": ("conv1", "bn1", "separable"), "middle": ("separable", "bn2", "depthwise", "fc")}


def build():
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((HEIGHT, WIDTH, 1), name="stamp"),
            layers.Conv2D(6, 3, activation="tanh", name="conv1"),
            layers.BatchNormalization(momentum=0.9, name="bn1"),
            layers.SeparableConv2D(8, 3, activation="softplus", padding="same", name="separable"),
            layers.BatchNormalization(momentum=0.9, name="bn2"),
            layers.DepthwiseConv2D(3, strides=2, name="depthwise"),
            layers.Flatten(name="flat"),
            layers.Dense(8, activation="tanh", name="fc"),
            layers.BatchNormalization(momentum=0.9, name="bn3"),
            layers.Dense(2, activation="softmax", name="out"),
        ],
        name="network",
    )


def drawn(model, seed):
    """Weights that leave no layer idle."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, variable in keras_training.variables(model):
        values = random.normal(scale=0.4, size=tuple(variable.shape))
        if name.endswith(("gamma", "moving_variance")):
            values = 1 + np.abs(values) / 2
        weights[name] = values.astype(np.float32)
    return weights


def run(weights, stamps, labels):
    """All cases in the present precision."""
    tensors = {}
    for case, names in FROZEN.items():
        model = build()
        keras_training.assign(model, weights)
        for name in names:
            model.get_layer(name).trainable = False
        model.compile(optimizer=keras_training.OPTIMIZERS["momentum"](), jit_compile=False)
        found = keras_training.full_batch_run(model, 2, stamps, labels)
        tensors.update({f"{case}/{name}": value for name, value in found.items()})
    return tensors


def main():
    stamps, labels = keras_training.make_stamps(SAMPLES, 3, HEIGHT, WIDTH)
    model = build()
    weights = drawn(model, 5)
    with reference_values.precision("float64"):
        double = run(weights, stamps, labels)
        perturbed = [run(keras_training.perturbed_weights(weights, n), stamps, labels) for n in range(2)]
    tensors = reference_values.with_tolerances(
        run(weights, stamps, labels), double, perturbed, compared=lambda name: not name.endswith("accuracy"))
    tensors.update(stamps=stamps, labels=labels)
    reference_values.save("network", tensors, {}, folder=FOLDER)
    keras_training.assign(model, weights)
    model.save(FOLDER / "network.keras")


if __name__ == "__main__":
    main()
