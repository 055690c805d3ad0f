"""Builds random networks with Keras and writes keras-networks/*.safetensors: all, or those named as arguments.

Needs and runs like make_keras_reference.py. Each network is a random graph of small layers, a pure function of
its number; together they hold every layer and option that the trainer knows (`main` checks that). A file holds
the network twice, as Keras' `to_json` and as the trainer's own description, so that reading either can be tested
against the same numbers. README.md lists the tensors.
"""

import collections
import json
import pathlib
import sys

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
from keras import layers

import keras_training

FOLDER = pathlib.Path(__file__).parent / "keras-networks"
SAMPLES = 12
OPTIMIZERS = ("sgd", "momentum", "adam")
# Name: seed of the graph, height, width, classes, whether it branches. Chains become Sequential models.
NETWORKS = {
    "branches-21x21": (7, 21, 21, 2, True),
    "branches-13x13": (6, 13, 13, 1, True),
    "branches-25x25": (6, 25, 25, 2, True),
    "branches-9x12": (1, 9, 12, 2, True),
    "branches-21x21-sigmoid": (10, 21, 21, 1, True),
    "branches-17x10": (12, 17, 10, 2, True),
    "branches-12x12": (14, 12, 12, 1, True),
    "branches-21x21-more": (6, 21, 21, 2, True),
    "chain-21x21": (5, 21, 21, 2, False),
    "chain-13x13": (12, 13, 13, 1, False),
    "chain-25x25": (11, 25, 25, 1, False),
    "chain-9x12": (15, 9, 12, 2, False),
    "convolutions-14x14": (56, 14, 14, 1, False),
    "convolutions-16x13": (32, 16, 13, 2, False),
    "convolutions-17x15": (52, 17, 15, 2, True),
}
# A rounding may switch a ReLU near its kink or swap two nearly equal maxima, here and there in ten steps of thousands of
# pixels. Weights are drawn anew until no run shows it.
WORST_TOLERANCE = 3e-5
TRIES = 40


# Graphs.


class Graph:
    """A network that grows layer by layer, in Keras and in the trainer's words side by side."""

    def __init__(self, name, shape):
        self.name, self.counts, self.description = name, collections.Counter(), []
        self.input = keras.Input(shape, name="stamps")
        self.description.append({"name": "stamps", "inputs": [], "kind": {"input": {"shape": list(shape)}}})
        self.features = set()
        # Tensors to which a layer before can add a constant per channel: batch normalisation takes it off again, and
        # the gradient of that layer's bias, zero but for rounding, would become a whole step of Adam.
        self.shifted = set()

    def add(self, make, inputs, **options):
        """The output of a new layer of the class `make` that reads `inputs`, one tensor or several."""
        kind = make.__name__.lower()
        self.counts[kind] += 1
        layer = make(name=f"{kind}_{self.counts[kind]}", **options)
        several = isinstance(inputs, list)
        output = layer(inputs)
        described = describe(layer)
        names = [tensor._keras_history.operation.name for tensor in (inputs if several else [inputs])]
        self.description.append({"name": layer.name, "inputs": names, "kind": described})
        self.features |= features(described)
        channels = [tensor.shape[-1] for tensor in (output, inputs)] if make is layers.Conv2D else [0]
        if min(channels) >= 16 and layer.padding == "same" and max(layer.kernel_size) > 1:
            self.features.add("convolution2D.wide strided" if layer.strides[0] > 1 else "convolution2D.wide")
        if self.is_shifted(layer, inputs if several else [inputs]):
            self.shifted.add(id(output))
        return output

    def is_shifted(self, layer, inputs):
        if getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear:
            return False
        if isinstance(layer, (layers.LeakyReLU, layers.ELU, layers.ReLU)):
            return False
        if isinstance(layer, layers.BatchNormalization):
            return layer.center
        return getattr(layer, "use_bias", False) or any(id(tensor) in self.shifted for tensor in inputs)

    def model(self, output, branching):
        model = keras.Model(self.input, output, name=self.name)
        if branching:
            return model
        return keras.Sequential([keras.Input(self.input.shape[1:], name="stamps"), *model.layers[1:]], name=self.name)


def describe(layer):
    """`layer` as the trainer's LayerKind encodes it."""
    configuration = layer.get_config()
    pair = lambda key: dict(zip(("height", "width"), configuration[key]))
    sliding = lambda: {
        "kernelSize": pair("kernel_size"),
        "strides": pair("strides"),
        "padding": layer.padding,
        "activation": activation(layer),
        "useBias": layer.use_bias,
    }
    window = lambda: {"poolSize": pair("pool_size"), "strides": pair("strides"), "padding": configuration["padding"]}
    match type(layer).__name__:
        case "Dense":
            return {"dense": {"units": layer.units, "activation": activation(layer), "useBias": layer.use_bias}}
        case "Conv2D":
            options = {"filters": layer.filters, **sliding()}
            if max(layer.dilation_rate) > 1:
                options["dilationRate"] = pair("dilation_rate")
            if layer.groups > 1:
                options["groups"] = layer.groups
            return {"convolution2D": options}
        case "DepthwiseConv2D":
            return {
                "depthwiseConvolution2D": {
                    "depthMultiplier": layer.depth_multiplier,
                    "dilationRate": pair("dilation_rate"),
                    **sliding(),
                }
            }
        case "SeparableConv2D":
            return {
                "separableConvolution2D": {
                    "filters": layer.filters,
                    "depthMultiplier": layer.depth_multiplier,
                    "dilationRate": pair("dilation_rate"),
                    **sliding(),
                }
            }
        case "Conv2DTranspose":
            options = {"filters": layer.filters, "dilationRate": pair("dilation_rate"), **sliding()}
            if layer.output_padding is not None:
                options["outputPadding"] = pair("output_padding")
            return {"transposedConvolution2D": options}
        case "ZeroPadding2D":
            (top, bottom), (left, right) = layer.padding
            return {"zeroPadding2D": {"top": top, "bottom": bottom, "left": left, "right": right}}
        case "MaxPooling2D":
            return {"maxPooling2D": window()}
        case "AveragePooling2D":
            return {"averagePooling2D": window()}
        case "GlobalAveragePooling2D":
            return {"globalAveragePooling2D": {"keepDimensions": layer.keepdims}}
        case "GlobalMaxPooling2D":
            return {"globalMaxPooling2D": {"keepDimensions": layer.keepdims}}
        case "BatchNormalization":
            return {
                "batchNormalization": {
                    "momentum": layer.momentum,
                    "epsilon": layer.epsilon,
                    "center": layer.center,
                    "scale": layer.scale,
                }
            }
        case "Activation":
            return {"activation": {"_0": activation(layer)}}
        case "ReLU":
            return {"activation": {"_0": {"relu": {}}}}
        case "LeakyReLU":
            return {"activation": {"_0": {"leakyReLU": {"slope": layer.negative_slope}}}}
        case "ELU":
            return {"activation": {"_0": {"elu": {"alpha": float(layer.alpha)}}}}
        case "Softmax":
            return {"activation": {"_0": {"softmax": {}}}}
        case "Dropout":
            return {"dropout": {"rate": layer.rate}}
        case "Flatten":
            return {"flatten": {}}
        case "Add":
            return {"add": {}}
        case "Concatenate":
            return {"concatenate": {}}


def activation(layer):
    """The activation of a Keras layer as the trainer's ActivationFunction encodes it, with Keras' default options."""
    name = layer.activation.__name__
    options = {"leaky_relu": {"slope": 0.2}, "elu": {"alpha": 1.0}, "gelu": {"approximate": False}}
    return {{"leaky_relu": "leakyReLU"}.get(name, name): options.get(name, {})}


def features(described):
    """What a layer's description shows: its kind, and each option that is not a number."""
    (kind, options), found = next(iter(described.items())), set()
    found.add(kind)
    for key, value in options.items():
        if isinstance(value, (bool, str)):
            found.add(f"{kind}.{key}={value}")
        if key in ("dilationRate", "outputPadding") and value != {"height": 1, "width": 1}:
            found.add(f"{kind}.{key}")
        if key == "groups" or (key == "depthMultiplier" and value > 1):
            found.add(f"{kind}.{key}")
        if key in ("activation", "_0"):
            found.add(f"{kind}.activation={next(iter(value))}")
    extents = [options.get(key) for key in ("kernelSize", "poolSize")]
    for extent in filter(None, extents):
        strides = options["strides"]
        found.add(f"{kind}.strided" if strides["height"] > 1 else f"{kind}.unstrided")
        if extent["height"] != extent["width"]:
            found.add(f"{kind}.oblong")
        if extent["height"] > strides["height"]:
            found.add(f"{kind}.overlapping")
    return found


# Random networks.

SMOOTH = ("sigmoid", "tanh", "elu", "gelu")
KINKED = ("relu", "leaky_relu")


class RandomNetwork:
    """Draws layers until the maps are small, then ends in a softmax or a sigmoid."""

    def __init__(self, name, seed, height, width, classes, branching):
        self.random = np.random.default_rng([seed, height, width])
        self.graph = Graph(name, (height, width, 1))
        self.classes, self.branching = classes, branching

    def model(self):
        x = self.stem(self.graph.input)
        for _ in range(3 if self.branching else 5):
            x = self.branch(x) if self.branching and self.draw(0.7) else self.block(x)
            if x.shape[1] > 8:
                x = self.pooling(x)
        return self.graph.model(self.head(x), self.branching)

    def draw(self, probability):
        return self.random.random() < probability

    def choose(self, *choices):
        return choices[self.random.integers(len(choices))]

    def channels(self):
        """Fewer than a vector's 16 lanes, or a few more."""
        return int(self.random.integers(16, 21) if self.draw(0.35) else self.random.integers(3, 9))

    def stem(self, x):
        """Several channels at once: batch normalisation of one would make its kernel's scale meaningless."""
        if self.draw(0.5):
            edges = self.random.integers(0, 4, (2, 2)).tolist()
            x = self.graph.add(layers.ZeroPadding2D, x, padding=edges)
        return self.convolution(x, activation=self.any_activation(), use_bias=True)

    def any_activation(self):
        return self.choose(*SMOOTH, *KINKED, "linear")

    def activated(self, x):
        """`x` through an activation layer of some class."""
        match self.random.integers(7):
            case 0:
                return self.graph.add(layers.LeakyReLU, x, negative_slope=self.choose(0.3, 0.1))
            case 1:
                return self.graph.add(layers.ELU, x, alpha=self.choose(1.0, 0.5))
            case 2:
                return self.graph.add(layers.ReLU, x)
            case _:
                name = self.choose(*SMOOTH, *KINKED, "softmax", "linear")
                return self.graph.add(layers.Activation, x, activation=name)

    def convolution(self, x, strides=None, padding=None, **options):
        padding = padding or self.choose("valid", "same")
        height, width = (int(side) for side in self.random.integers(1, 5, 2))
        if padding == "valid":
            height, width = min(height, x.shape[1]), min(width, x.shape[2])
        strides = strides or self.choose((1, 1), (1, 1), (2, 2), (2, 1), (3, 2))
        return self.graph.add(
            layers.Conv2D,
            x,
            filters=self.channels(),
            kernel_size=(height, width),
            strides=strides,
            padding=padding,
            **options,
        )

    def normalization(self, x):
        """Batch normalisation of `x`, with an activation between where its shift would not matter otherwise."""
        if id(x) in self.graph.shifted:
            x = self.graph.add(layers.Activation, x, activation=self.choose(*SMOOTH))
        options = {"momentum": self.choose(0.99, 0.9), "epsilon": self.choose(1e-3, 1e-2)}
        if self.draw(0.25):  # two in series
            x = self.graph.add(layers.BatchNormalization, x, center=False, scale=False, **options)
            return self.graph.add(layers.BatchNormalization, x)
        center, scale = self.choose((True, True), (True, True), (False, True), (True, False))
        return self.graph.add(layers.BatchNormalization, x, center=center, scale=scale, **options)

    def block(self, x):
        """One layer, or some that go together."""
        match self.random.integers(5):
            case 0:
                x = self.graph.add(layers.Conv2D, x, filters=self.channels(), kernel_size=2, use_bias=False)
                return self.activated(self.normalization(x))
            case 1:
                return self.convolution(x, activation=self.any_activation(), use_bias=self.draw(0.5))
            case 2:
                x = self.graph.add(
                    layers.Dense, x, units=self.channels(), activation=self.any_activation(), use_bias=self.draw(0.7)
                )
                return self.graph.add(layers.Dropout, x, rate=0.25)
            case 3:
                return self.pooling(self.activated(x))
            case _:
                return self.normalization(x)

    def pooling(self, x):
        make = self.choose(layers.MaxPooling2D, layers.AveragePooling2D)
        padding = self.choose("valid", "same")
        window = [min(int(side), limit) for side, limit in zip(self.random.integers(2, 4, 2), x.shape[1:3])]
        strides = self.choose((2, 2), (2, 1), (1, 2), (2, 3))
        return self.graph.add(make, x, pool_size=tuple(window), strides=strides, padding=padding)

    def branch(self, x):
        """Two or three ways from `x` to one size, added up or side by side."""
        strides, filters = self.choose((1, 1), (2, 2), (2, 1)), self.channels()
        adds = self.draw(0.5)
        ways = [self.way(x, strides, filters if adds else self.channels()) for _ in range(self.choose(2, 2, 3))]
        if strides == (1, 1) and (not adds or x.shape[-1] == filters):
            ways.append(x)  # a shortcut
        return self.activated(self.graph.add(layers.Add if adds else layers.Concatenate, ways))

    def way(self, x, strides, filters):
        if self.draw(0.3) and x.shape[-1] == filters:
            size = (3, 2)
            return self.graph.add(layers.MaxPooling2D, x, pool_size=size, strides=strides, padding="same")
        kernel = tuple(int(side) for side in self.random.integers(1, 4, 2))
        x = self.graph.add(
            layers.Conv2D, x, filters=filters, kernel_size=kernel, strides=strides, padding="same", use_bias=False
        )
        return self.normalization(x) if self.draw(0.7) else self.activated(x)

    def head(self, x):
        match self.random.integers(4):
            case 0:
                x = self.graph.add(layers.GlobalAveragePooling2D, x)
            case 1:
                x = self.graph.add(layers.GlobalMaxPooling2D, x)
            case 2:
                make = self.choose(layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
                x = self.graph.add(layers.Flatten, self.graph.add(make, x, keepdims=True))
            case _:
                x = self.graph.add(layers.Flatten, x)
        if self.draw(0.6):
            function, normalizes = self.any_activation(), self.draw(0.5)
            if normalizes and function not in ("sigmoid", "tanh", "linear"):
                function = "tanh"  # a unit that is always on would have a bias of no effect, as a linear one
            x = self.graph.add(layers.Dense, x, units=10, activation=function)
            x = self.graph.add(layers.Dropout, x, rate=0.5)
            if normalizes:
                x = self.normalization(x)
        last = "softmax" if self.classes == 2 else "sigmoid"
        if self.draw(0.7):
            return self.graph.add(layers.Dense, x, units=self.classes, activation=last)
        x = self.graph.add(layers.Dense, x, units=self.classes, use_bias=self.draw(0.5))
        return self.graph.add(layers.Activation, x, activation=last)


class ConvolutionNetwork(RandomNetwork):
    """Draws further kinds of convolutions in the place of plain ones."""

    def convolution(self, x, strides=None, padding=None, **options):
        padding = padding or self.choose("valid", "same")
        kind = self.random.integers(6)
        if kind < 3:
            x = self.narrowed(x)
        height, width = (int(side) for side in self.random.integers(2, 4, 2))
        rates = self.choose((1, 1), (2, 2), (1, 2))
        if strides is not None or not self.fits(x, (height, width), rates, padding):
            rates = (1, 1)
        if not self.fits(x, (height, width), rates, padding):
            height = width = 1
        options |= {"kernel_size": (height, width), "padding": padding}
        stride = strides or (self.choose((1, 1), (2, 2)) if rates == (1, 1) and x.shape[1] > 6 else (1, 1))
        dilated = {"strides": stride, "dilation_rate": rates}
        match kind:
            case 0:
                multiplier = self.choose(1, 1, 2)
                return self.graph.add(layers.DepthwiseConv2D, x, depth_multiplier=multiplier, **dilated, **options)
            case 1:
                options["depth_multiplier"] = self.choose(1, 2)
                return self.graph.add(layers.SeparableConv2D, x, filters=self.channels(), **dilated, **options)
            case 2 | 3:
                groups = self.choose(*(g for g in (2, 3, 4, 6) if x.shape[-1] % g == 0), 1)
                filters = groups * int(self.random.integers(1, 6))
                return self.graph.add(layers.Conv2D, x, filters=filters, groups=groups, **dilated, **options)
            case _:
                if strides is not None or x.shape[1] > 9:
                    options = {key: value for key, value in options.items() if key not in ("kernel_size", "padding")}
                    return super().convolution(x, strides, padding, **options)
                enlarged = self.choose((1, 1), (2, 2), (3, 2))
                more = self.choose(None, tuple(stride - 1 for stride in enlarged))
                return self.graph.add(
                    layers.Conv2DTranspose, x, filters=self.channels(), strides=enlarged, output_padding=more, **options
                )

    def fits(self, x, kernel, rates, padding):
        """Whether a dilated kernel fits the map."""
        spans = ((side - 1) * rate < extent for side, rate, extent in zip(kernel, rates, x.shape[1:3]))
        return padding == "same" or all(spans)

    def narrowed(self, x):
        """`x`, or what a convolution of one pixel makes of its single channel: a number that falls into groups."""
        if x.shape[-1] > 1:
            return x
        return self.graph.add(layers.Conv2D, x, filters=self.choose(4, 6, 20), kernel_size=1, activation="tanh")

    def block(self, x):
        return self.convolution(x, activation=self.any_activation(), use_bias=self.draw(0.7))


def random_network(name):
    """The network of `NETWORKS` called `name`."""
    make = ConvolutionNetwork if name.startswith("convolutions") else RandomNetwork
    return make(name, *NETWORKS[name])


# Runs.


def compiled(name, weights, optimizer):
    """The network at `weights` in the present precision, with dropout off."""
    model = random_network(name).model()
    keras_training.assign(model, weights)
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0
    model.compile(optimizer=keras_training.OPTIMIZERS[optimizer](), jit_compile=False)
    return model


def initial_weights(name, seed):
    """Glorot-uniform kernels, and everything else moved off its initial zero or one: {LAYER/PARAMETER: array}."""
    random = np.random.default_rng([seed, len(name)])
    weights = {}
    for key, variable in keras_training.variables(random_network(name).model()):
        shape = tuple(variable.shape)
        if key.endswith("kernel"):
            area = np.prod(shape[:-2])
            limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
            value = random.uniform(-limit, limit, shape)
        elif key.endswith(("gamma", "moving_variance")):
            value = random.uniform(0.7, 1.3, shape)
        else:
            value = random.normal(scale=0.1, size=shape)
        weights[key] = value.astype(np.float32)
    return weights


def run(name, weights, stamps, labels):
    """Ten steps with each optimizer, in the present precision; gradients and accuracy are the same for all."""
    classes = NETWORKS[name][3]
    model = compiled(name, weights, "sgd")
    inputs = keras_training.arguments(stamps, labels, classes)[0]
    tensors = {"prediction": model(inputs, training=False).numpy()}
    for optimizer in OPTIMIZERS:
        trained = keras_training.full_batch_run(compiled(name, weights, optimizer), classes, stamps, labels)
        kept = ("final",) if optimizer == "adam" else ("final", "loss")
        tensors.update({f"{optimizer}/{k}": v for k, v in trained.items() if k.split("/")[0] in kept})
        if optimizer == "sgd":
            tensors.update({k: v for k, v in trained.items() if k.startswith("gradient/")})
            tensors["sgd/prediction"] = trained["prediction"]
    return tensors


def determined(name, seed, stamps, labels):
    """(largest tolerance and its name, tensors) of the run from the weights of `seed`."""
    weights = initial_weights(name, seed)
    with reference_values.precision("float64"):
        double = run(name, weights, stamps, labels)
        perturbed = [run(name, keras_training.perturbed_weights(weights, number), stamps, labels) for number in range(4)]
    single = run(name, weights, stamps, labels)
    if first_steps_deviation(single, double) > 0.02:
        return (np.inf, "first step of Adam"), {}
    tensors = reference_values.with_tolerances(single, double, perturbed)
    worst = max((value[0], key) for key, value in tensors.items() if key.startswith("tolerance/"))
    tensors.update(stamps=stamps, labels=labels, **{f"initial/{key}": value for key, value in weights.items()})
    return worst, tensors


def first_steps_deviation(single, double):
    """How far a parameter's first step of Adam, g / (|g| + 1e-7) learning rates, is from determined by float32.

    A gradient that is zero but for rounding, as that of a bias before batch normalisation whose unit is always on, would
    take a step of its own on every machine.
    """
    names = [name for name in single if name.startswith("gradient/")]
    return max((np.abs(single[n] - double[n]) / (np.abs(double[n]) + 1e-7)).max() for n in names)


def check_liveness(name, tensors):
    """No layer may be dead, else its backward pass would go unseen."""
    for key, value in tensors.items():
        if key.startswith("gradient/"):
            assert np.abs(value).max() > 1e-6, f"{name}: {key} is zero but for rounding"


def write(name):
    height, width = NETWORKS[name][1:3]
    stamps, labels = keras_training.make_stamps(SAMPLES, 7, height, width)
    for seed in range(TRIES):
        (worst, worst_name), tensors = determined(name, seed, stamps, labels)
        if worst < WORST_TOLERANCE:
            break
    else:
        raise AssertionError(f"{name}: no weights determine ten steps: choose another graph")
    check_liveness(name, tensors)
    network = random_network(name)
    model = network.model()
    print(
        f"{name}: {len(model.layers)} layers, {model.count_params()} parameters, weights {seed}, loss "
        f"{tensors['sgd/loss'][0]:.4f} → {tensors['sgd/loss'][-1]:.4f}, largest {worst_name} {worst:.1e}"
    )
    description = {"name": name, "layers": network.graph.description}
    metadata = {"network": json.dumps(description), "keras_model": model.to_json()}
    reference_values.save(name, tensors, metadata, folder=FOLDER)


# What all networks together must hold: kinds and options, as `features` names them.
WANTED = {
    *(f"{kind}.padding={p}" for kind in ("convolution2D", "maxPooling2D", "averagePooling2D") for p in ("valid", "same")),
    *(f"{kind}.useBias={b}" for kind in ("convolution2D", "dense") for b in (True, False)),
    *(f"{kind}.strided" for kind in ("convolution2D", "maxPooling2D", "averagePooling2D")),
    *(f"{kind}.oblong" for kind in ("convolution2D", "maxPooling2D", "averagePooling2D")),
    *(f"{kind}.overlapping" for kind in ("convolution2D", "maxPooling2D", "averagePooling2D")),
    *(f"{kind}.keepDimensions={k}" for kind in ("globalAveragePooling2D", "globalMaxPooling2D") for k in (True, False)),
    *(f"batchNormalization.{key}={b}" for key in ("center", "scale") for b in (True, False)),
    *(
        f"activation.activation={name}"
        for name in ("relu", "sigmoid", "softmax", "tanh", "linear", "leakyReLU", "elu", "gelu")
    ),
    *(
        f"{kind}.activation={name}"
        for kind in ("convolution2D", "dense")
        for name in ("relu", "sigmoid", "tanh", "linear", "leakyReLU", "elu", "gelu")
    ),
    *("convolution2D.wide", "convolution2D.wide strided", "dense.activation=softmax"),
    *("convolution2D.dilationRate", "convolution2D.groups"),
    *(
        f"{kind}.{key}"
        for kind in ("depthwiseConvolution2D", "separableConvolution2D")
        for key in ("dilationRate", "depthMultiplier", "useBias=True", "strided")
    ),
    *(f"transposedConvolution2D.{key}" for key in ("strided", "outputPadding", "padding=valid", "padding=same")),
    *("zeroPadding2D", "dropout", "flatten", "add", "concatenate"),
}


def main():
    found = set()
    for name in NETWORKS:
        network = random_network(name)
        network.model()
        found |= network.graph.features
    assert WANTED <= found, f"no network has {sorted(WANTED - found)}: choose other graphs"
    for name in sys.argv[1:] or NETWORKS:
        write(name)


if __name__ == "__main__":
    main()
