"""Runs single Keras layers and losses forward and backward and writes keras/layers.safetensors.

Needs and runs like make_keras_reference.py. Every case is one call of one layer on random input of a small
size, in float32 and in float64; README.md lists the tensors. The metadata holds each case's configuration as
JSON under the case's name, in Keras' words.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CASES = {}


def case(name, layer, inputs, training=True, **configuration):
    """Adds a case: `layer` names the Keras class, `inputs` are float32 arrays (one, or several to be merged)."""
    assert name not in CASES, name
    CASES[name] = (layer, inputs if isinstance(inputs, list) else [inputs], training, configuration)


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def small_integers(*shape):
    """Values 0, 1 and 2: every pooling window holds equal maxima."""
    return np.random.default_rng(shape).integers(0, 3, shape).astype(np.float32)


# Cases.


def convolutions():
    kernel_sizes = [(1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (2, 3)]
    for padding in ("valid", "same"):
        for height, width in kernel_sizes:
            for stride in (1, 2, 3):
                case(
                    f"conv2d-{padding}-kernel-{height}x{width}-stride-{stride}",
                    "Conv2D",
                    normal(2, 9, 8, 2),
                    filters=3,
                    kernel_size=[height, width],
                    strides=[stride, stride],
                    padding=padding,
                    activation="linear",
                )
    case(
        "conv2d-same-kernel-3x3-stride-2x1",
        "Conv2D",
        normal(2, 8, 9, 2),
        filters=3,
        kernel_size=[3, 3],
        strides=[2, 1],
        padding="same",
        activation="linear",
    )
    for channels, filters, activation in [
        (1, 16, "linear"),
        (1, 16, "relu"),
        (16, 16, "linear"),
        (16, 16, "relu"),
        (16, 32, "relu"),
        (3, 5, "linear"),
        (3, 5, "relu"),
        (30, 30, "relu"),
        (2, 17, "relu"),
    ]:
        case(
            f"conv2d-channels-{channels}-to-{filters}-{activation}",
            "Conv2D",
            normal(2, 6, 5, channels),
            filters=filters,
            kernel_size=[3, 3],
            strides=[1, 1],
            padding="valid",
            activation=activation,
        )


def dense():
    for shape, units, activation in [
        ((3, 7), 5, "linear"),
        ((3, 7), 5, "relu"),
        ((5, 33), 2, "softmax"),
        ((5, 33), 1, "sigmoid"),
        ((2, 4, 3, 3), 5, "relu"),
        ((2, 5, 5, 1), 30, "relu"),
        ((2, 3, 4, 30), 30, "linear"),
    ]:
        size = "x".join(map(str, shape))
        case(f"dense-{size}-to-{units}-{activation}", "Dense", normal(*shape), units=units, activation=activation)


def pooling():
    sizes = [([2, 2], [2, 2]), ([4, 4], [4, 4]), ([3, 3], [2, 2]), ([2, 3], [1, 2])]
    for layer, kind in [("MaxPooling2D", "max"), ("AveragePooling2D", "average")]:
        for padding in ("valid", "same"):
            for window, strides in sizes:
                case(
                    f"{kind}-pooling-{padding}-{window[0]}x{window[1]}-stride-{strides[0]}x{strides[1]}",
                    layer,
                    normal(2, 9, 7, 3),
                    pool_size=window,
                    strides=strides,
                    padding=padding,
                )
    for padding in ("valid", "same"):
        case(
            f"max-pooling-{padding}-equal-maxima",
            "MaxPooling2D",
            small_integers(2, 9, 8, 3),
            pool_size=[3, 3],
            strides=[2, 2],
            padding=padding,
        )
    case("global-average-pooling", "GlobalAveragePooling2D", normal(3, 4, 5, 6))
    case("global-max-pooling", "GlobalMaxPooling2D", normal(3, 4, 5, 6))
    case("global-max-pooling-equal-maxima", "GlobalMaxPooling2D", small_integers(3, 4, 5, 6))


def normalization():
    for shape in [(4, 3, 5, 6), (7, 5), (2, 9, 9, 17)]:
        size = "x".join(map(str, shape))
        for training in (True, False):
            case(
                f"batch-normalization-{size}-{'training' if training else 'inference'}",
                "BatchNormalization",
                3 * normal(*shape) + 1,
                training=training,
                axis=-1,
                momentum=0.99,
                epsilon=0.001,
            )


def activations():
    wide = 3 * normal(5, 13)
    for name in ("relu", "sigmoid", "tanh", "softmax", "elu"):
        case(name, "Activation", wide, activation=name)
    shift = np.array([[300], [-300], [100], [0], [1000]], np.float32)  # exp alone would overflow or vanish
    case("softmax-of-large-logits", "Activation", normal(5, 4) + shift, activation="softmax")
    case("sigmoid-of-large-logits", "Activation", 50 * normal(5, 4), activation="sigmoid")
    case("softmax-of-a-map", "Activation", normal(2, 3, 3, 5), activation="softmax")
    case("leaky-relu-0.2", "LeakyReLU", wide, negative_slope=0.2)
    case("leaky-relu-0.3", "LeakyReLU", wide, negative_slope=0.3)
    case("elu-0.5", "ELU", wide, alpha=0.5)
    case("gelu-exact", "Gelu", wide, approximate=False)
    case("gelu-tanh-approximation", "Gelu", wide, approximate=True)


def shape_changes():
    case("zero-padding-3", "ZeroPadding2D", normal(2, 4, 5, 3), padding=[[3, 3], [3, 3]])
    case("zero-padding-uneven", "ZeroPadding2D", normal(2, 4, 5, 3), padding=[[1, 2], [0, 3]])
    case("flatten", "Flatten", normal(2, 3, 4, 5))
    case("add-2", "Add", [normal(2, 3, 4, 5, seed=i) for i in range(2)])
    case("add-3", "Add", [normal(2, 3, 4, 5, seed=i) for i in range(3)])
    case("concatenate", "Concatenate", [normal(2, 3, 4, channels) for channels in (3, 2, 5)], axis=-1)


def losses():
    """The input is the logits; the output (shape (1,)) is the loss as `fit` sees it, through softmax or sigmoid."""
    for scale, size in [(1, ""), (100, "-of-large-logits")]:
        case(f"categorical-crossentropy{size}", "CategoricalCrossentropy", scale * normal(7, 2))
        case(f"categorical-crossentropy-3-classes{size}", "CategoricalCrossentropy", scale * normal(7, 3))
        case(f"binary-crossentropy{size}", "BinaryCrossentropy", scale * normal(7, 1))


# Running a case.


class Gelu(layers.Layer):
    """keras.activations.gelu as a layer, to choose its approximation."""

    def __init__(self, approximate):
        super().__init__()
        self.approximate = approximate

    def call(self, inputs):
        return keras.activations.gelu(inputs, approximate=self.approximate)


class Loss(layers.Layer):
    """The mean loss of logits, by way of the activation that a network ends with."""

    def __init__(self, loss, activation, targets):
        super().__init__()
        self.loss, self.activation, self.targets = loss, activation, targets

    def call(self, logits):
        return keras.ops.reshape(self.loss(self.targets, self.activation(logits)), (1,))


def make_layer(kind, configuration, inputs):
    if kind == "Gelu":
        return Gelu(**configuration)
    if kind == "CategoricalCrossentropy":
        return Loss(keras.losses.CategoricalCrossentropy(), keras.activations.softmax, targets(inputs[0]))
    if kind == "BinaryCrossentropy":
        return Loss(keras.losses.BinaryCrossentropy(), keras.activations.sigmoid, targets(inputs[0]))
    return getattr(layers, kind)(**configuration)


def targets(logits):
    """One-hot classes, or zeros and ones for a single output, as the loss of `logits` takes them."""
    count, classes = logits.shape
    random = np.random.default_rng([1, *logits.shape])
    if classes == 1:
        return random.integers(0, 2, (count, 1)).astype(np.float32)
    return np.eye(classes, dtype=np.float32)[random.integers(0, classes, count)]


def parameters(name, layer):
    """Glorot-like kernels and everything else off its initial value: the same in both precisions."""
    random = np.random.default_rng(list(name.encode()))
    values = {}
    for weight in layer.weights:
        shape = tuple(weight.shape)
        if weight.name == "kernel":
            value = random.normal(scale=np.sqrt(1 / np.prod(shape[:-1])), size=shape)
        elif weight.name in ("gamma", "moving_variance"):
            value = random.uniform(0.5, 1.5, shape)
        else:
            value = random.normal(scale=0.3, size=shape)
        values[weight.name] = value.astype(np.float32)
    return values


def run(name):
    """Case `name` in the present precision: (tensors that it starts from, tensors that Keras computed)."""
    kind, arrays, training, configuration = CASES[name]
    inputs = [tf.constant(array, dtype=keras.config.floatx()) for array in arrays]
    layer = make_layer(kind, configuration, arrays)
    argument = inputs[0] if len(inputs) == 1 else inputs
    extra = {"training": training} if kind == "BatchNormalization" else {}
    layer(argument, **extra)  # creates the weights
    given = parameters(name, layer)
    for weight in layer.weights:
        weight.assign(given[weight.name])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(argument, **extra)
    # A loss starts the backward pass, so what arrives from above is one.
    upstream = np.ones(1, np.float32) if isinstance(layer, Loss) else normal(*output.shape, seed=1)
    trainable = layer.trainable_weights
    input_gradients, gradients = tape.gradient(
        output, (inputs, [weight.value for weight in trainable]), tf.constant(upstream, dtype=output.dtype)
    )
    inputs_named = ["input"] if len(inputs) == 1 else [f"input_{i}" for i in range(len(inputs))]
    start = dict(zip(inputs_named, arrays), output_gradient=upstream)
    start.update({f"parameter/{key}": value for key, value in given.items()})
    if isinstance(layer, Loss):
        start["targets"] = layer.targets
    computed = {"output": output.numpy()}
    computed.update({n.replace("input", "input_gradient"): g.numpy() for n, g in zip(inputs_named, input_gradients)})
    computed.update({f"gradient/{weight.name}": g.numpy() for weight, g in zip(trainable, gradients)})
    computed.update({f"updated/{w.name}": w.numpy() for w in layer.non_trainable_weights})
    return start, computed


def write(file):
    """Runs all cases and writes them into `file`."""
    tensors, metadata, worst = {}, {}, (0, "")
    for name, (kind, _, training, configuration) in CASES.items():
        start, single = run(name)
        with reference_values.precision("float64"):
            _, double = run(name)
        computed = reference_values.with_tolerances(single, double)
        worst = max(worst, *((v[0], f"{name}/{k}") for k, v in computed.items() if k.startswith("tolerance/")))
        tensors.update({f"{name}/{key}": value for key, value in {**start, **computed}.items()})
        metadata[name] = json.dumps({"layer": kind, "training": training, **configuration})
    print(f"{len(CASES)} cases, largest {worst[1]} {worst[0]:.1e}")
    reference_values.save(file, tensors, metadata)


def main():
    for add in (convolutions, dense, pooling, normalization, activations, shape_changes, losses):
        add()
    write("layers")


if __name__ == "__main__":
    main()
