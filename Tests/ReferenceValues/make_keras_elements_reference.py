"""Runs Keras layers and operators that work element by element or on shapes, and writes keras/elements.safetensors.

Needs and runs like make_keras_reference.py. Every case is a model of one layer or operator on random input of a small
size, forward and backward, in float32 and in float64. The metadata holds what Keras writes of the layer into
`config.json`, call included, as JSON under the case's name. README.md lists the tensors.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from keras.src.applications import convnext, inception_resnet_v2

CASES = {}


def case(name, make, *inputs, training=False):
    """Adds a case: `make` calls a new layer or an operator on as many tensors as there are float32 arrays."""
    assert name not in CASES, name
    CASES[name] = (make, inputs, training)


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


# Cases.


def activations():
    wide = 3 * normal(5, 13)
    far = np.array([[-1e4, -100, -20, -1e-3, 0.25], [1e-3, 20, 88, 100, 1e4]], np.float32)
    names = [
        *("relu6", "selu", "celu", "silu", "hard_silu", "mish", "hard_sigmoid", "sparse_sigmoid", "log_sigmoid"),
        *("log_softmax", "hard_tanh", "softplus", "sparse_plus", "squareplus", "softsign", "exponential"),
        *("tanh_shrink", "soft_shrink", "hard_shrink", "gelu", "leaky_relu"),
    ]
    for name in names:
        case(name, lambda x, name=name: layers.Activation(name)(x), wide)
        if name != "exponential":
            case(f"{name}-far", lambda x, name=name: layers.Activation(name)(x), far)
    for name in ("swish", "hard_swish"):
        case(name, lambda x, name=name: layers.Activation(name)(x), wide)
    case("log-softmax-of-a-map", lambda x: layers.Activation("log_softmax")(x), normal(2, 3, 3, 5))
    for options in [
        {"max_value": 1.5},
        {"max_value": 6.0},
        {"negative_slope": 0.1},
        {"threshold": 0.75},
        {"max_value": 2.0, "negative_slope": 0.25},
        {"negative_slope": 0.5, "threshold": 1.0},
        {"max_value": 3.0, "negative_slope": 0.125, "threshold": 1.0},
        {"max_value": 0.5, "threshold": 1.0},
    ]:
        name = "-".join(f"{key}-{value}" for key, value in options.items())
        case(f"relu-{name}", lambda x, options=options: layers.ReLU(**options)(x), wide)
    case("relu-infinite", lambda x: layers.ReLU(max_value=4, threshold=1)(x), far)
    case("leaky-relu", lambda x: layers.LeakyReLU()(x), wide)
    case("elu", lambda x: layers.ELU()(x), wide)
    case("elu-alpha", lambda x: layers.ELU(alpha=0.3)(x), wide)
    case("softmax", lambda x: layers.Softmax()(x), normal(2, 3, 2, 4))
    for axis in (1, 2, -2, (1, 2), (1, 3), (1, 2, 3)):
        case(f"softmax-{axis}", lambda x, axis=axis: layers.Softmax(axis=axis)(x), 3 * normal(2, 3, 2, 4))
    case("softmax-operator-axis", lambda x: ops.softmax(x, axis=1), 3 * normal(2, 3, 2, 4))
    case("prelu", lambda x: layers.PReLU()(x), normal(5, 13))
    case("prelu-of-a-map", lambda x: layers.PReLU()(x), normal(3, 4, 5, 2))
    case("prelu-shared-pixels", lambda x: layers.PReLU(shared_axes=[1, 2])(x), normal(3, 4, 5, 17))
    case("prelu-shared-rows", lambda x: layers.PReLU(shared_axes=[1])(x), normal(3, 4, 5, 3))
    case("prelu-shared-channels", lambda x: layers.PReLU(shared_axes=[3])(x), normal(3, 4, 5, 3))
    case("prelu-shared-all", lambda x: layers.PReLU(shared_axes=[1, 2, 3])(x), normal(3, 4, 5, 3))


def merging():
    whole, other, third = (normal(3, 4, 5, 6, seed=seed) for seed in range(3))
    pixel, channel, row = normal(3, 1, 1, 6), normal(3, 4, 5, 1), normal(3, 4, 1, 6)
    integers = [np.random.default_rng(seed).integers(0, 3, (3, 4, 5, 6)).astype(np.float32) for seed in range(3)]
    for make in (layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Subtract):
        name, call = make.__name__.lower(), lambda *x, make=make: make()(list(x))
        case(f"{name}-2", call, whole, other)
        case(f"{name}-pixel", call, whole, pixel)
        case(f"{name}-channel", call, channel, whole)
        case(f"{name}-outer", call, pixel, channel)
        case(f"{name}-vector", call, whole, normal(3, 6))
        if make is not layers.Subtract:
            case(f"{name}-3", call, whole, row, third)
            case(f"{name}-of-itself-and-another", lambda x, y, make=make: make()([x, y, x]), whole, pixel)
            case(f"{name}-equal", call, *integers)
        case(f"{name}-of-itself", lambda x, make=make: make()([x, x]), whole)
    for axis in (1, 2, 3, -1, -2, -3):
        shapes = [[3, 4, 5, 6] for _ in range(3)]
        for size, shape in enumerate(shapes):
            shape[axis] = size + 1
        case(f"concatenate-{axis}", lambda *x, axis=axis: layers.Concatenate(axis=axis)(list(x)), *map(lambda s: normal(*s), shapes))
    case("concatenate-vectors", lambda *x: layers.Concatenate(axis=1)(list(x)), normal(3, 4), normal(3, 2))
    case("concatenate-of-itself", lambda x: layers.Concatenate()([x, x]), whole)
    case("custom-scale", lambda *x: inception_resnet_v2.CustomScaleLayer(0.17)(list(x)), whole, other)
    case("custom-scale-pixel", lambda *x: inception_resnet_v2.CustomScaleLayer(0.17)(list(x)), whole, pixel)


def operators():
    x, y = normal(3, 4, 5, 6), normal(3, 4, 5, 6, seed=1)
    positive = np.exp(x)
    case("operator-add", lambda x, y: x + y, x, y)
    case("operator-subtract", lambda x, y: x - y, x, normal(3, 1, 1, 6))
    case("operator-multiply", lambda x, y: x * y, x, normal(3, 4, 5, 1))
    case("operator-divide", lambda x, y: x / y, x, positive)
    case("operator-divide-pixel", lambda x, y: ops.divide(x, y), x, np.exp(normal(3, 1, 1, 6)))
    case("operator-divide-by-itself", lambda x: x / x, positive)
    case("operator-maximum", lambda x, y: ops.maximum(x, y), x, y)
    case("operator-minimum", lambda x, y: ops.minimum(x1=x, x2=y), x, y)
    case("operator-concatenate", lambda x, y: ops.concatenate([x, y], axis=-1), x, y)
    case("operator-square", lambda x: x * x, x)
    for name, make in {
        "add": lambda x: x + 0.3,
        "add-before": lambda x: 3 + x,
        "subtract": lambda x: x - 1,
        "subtract-from": lambda x: 1 - x,
        "multiply": lambda x: x * 0.7,
        "multiply-before": lambda x: 2 * x,
        "divide": lambda x: x / 3,
        "divide-numpy": lambda x: x / np.float32(0.3),
        "add-array": lambda x: x + np.array([0.25], np.float32),
        "negative": lambda x: -x,
        "power": lambda x: x**2,
        "power-3": lambda x: x**3,
        "ops-square": ops.square,
        "maximum": lambda x: ops.maximum(x, 0.25),
        "minimum-before": lambda x: ops.minimum(0.25, x),
        "relu": ops.relu,
        "relu6": lambda x: ops.relu6(x),
        "rectifier": lambda x: keras.activations.relu(x, negative_slope=0.1, max_value=1.5),
        "leaky-relu": lambda x: ops.leaky_relu(x, negative_slope=0.1),
        "elu": lambda x: ops.elu(x, alpha=0.5),
        "celu": lambda x: ops.celu(x, alpha=0.5),
        "gelu": lambda x: ops.gelu(x),
        "gelu-exact": lambda x: ops.gelu(x, approximate=False),
        "squareplus": lambda x: ops.squareplus(x, b=2),
        "soft-shrink": lambda x: ops.soft_shrink(x, threshold=0.25),
        "softmax": lambda x: ops.softmax(x),
        "tanh": ops.tanh,
        "sigmoid": ops.sigmoid,
        "silu": ops.silu,
        "hard-silu": ops.hard_silu,
        "exp": ops.exp,
    }.items():
        case(f"number-{name}", make, x)
    for name, make in {
        "absolute": ops.absolute,
        "clip": lambda x: ops.clip(x, -0.75, 1),
        "mean-rows": lambda x: ops.mean(x, axis=1),
        "mean-channels": lambda x: ops.mean(x, axis=-1, keepdims=True),
        "mean-pixels": lambda x: ops.mean(x, axis=(1, 2)),
        "mean-all": lambda x: ops.mean(x, axis=(1, 2, 3), keepdims=True),
        "sum-columns": lambda x: ops.sum(x, axis=[2], keepdims=True),
        "sum-pixels": lambda x: ops.sum(x, axis=(1, 2)),
        "max-pixels": lambda x: ops.max(x, axis=(1, 2), keepdims=True),
        "max-channels": lambda x: ops.max(x, axis=3),
        "amax-rows-and-channels": lambda x: ops.amax(x, axis=(1, 3)),
        "min-columns": lambda x: ops.min(x, axis=2, keepdims=True),
    }.items():
        case(f"operator-{name}", make, x)
    integers = np.random.default_rng(0).integers(0, 3, (3, 4, 5, 6)).astype(np.float32)
    case("operator-max-equal", lambda x: ops.max(x, axis=(1, 3)), integers)
    case("operator-absolute-equal", lambda x: ops.absolute(x), integers - 1)
    case("operator-clip-equal", lambda x: ops.clip(x, 0, 1), integers)
    for name, make in {"log": ops.log, "sqrt": ops.sqrt, "rsqrt": ops.rsqrt, "reciprocal": ops.reciprocal}.items():
        case(f"operator-{name}", make, positive)
    case("number-divided-by", lambda x: 2 / x, positive)
    case("number-power-half", lambda x: x**0.5, positive)


def shapes():
    x = normal(3, 4, 5, 6)
    for target in ((-1, 6), (10, 12), (120,), (2, 2, 30), (1, 1, -1), (2, 3, 4, 5)):
        case(f"reshape-{'-'.join(map(str, target))}", lambda x, target=target: layers.Reshape(target)(x), x)
    case("reshape-a-vector", lambda x: layers.Reshape((1, 1, 6))(x), normal(3, 6))
    case("reshape-operator", lambda x: ops.reshape(x, (-1, 4, 30)), x)
    for order in ((2, 1, 3), (3, 1, 2), (3, 2, 1), (1, 3, 2)):
        case(f"permute-{''.join(map(str, order))}", lambda x, order=order: layers.Permute(order)(x), x)
    case("transpose-operator", lambda x: ops.transpose(x, (0, 3, 1, 2)), x)
    case("permute-rows", lambda x: layers.Permute((2, 1))(x), normal(3, 4, 5))
    for cropping in (1, ((1, 2), (0, 3)), ((0, 0), (2, 0))):
        case(f"cropping-{cropping}", lambda x, cropping=cropping: layers.Cropping2D(cropping)(x), x)
    for size in (2, (3, 1), (2, 3), 4):
        for interpolation in ("nearest", "bilinear"):
            make = lambda x, size=size, interpolation=interpolation: layers.UpSampling2D(
                size, interpolation=interpolation
            )(x)
            case(f"up-sampling-{size}-{interpolation}", make, x)
    case("up-sampling-one-pixel", lambda x: layers.UpSampling2D(3, interpolation="bilinear")(x), normal(3, 1, 1, 2))


def normalizations():
    x, far = normal(3, 4, 5, 6), 1000 + normal(3, 4, 5, 6, seed=1)
    case("rescaling", lambda x: layers.Rescaling(1 / 127.5, offset=-1)(x), 100 + 50 * x)
    case("rescaling-channels", lambda x: layers.Rescaling([1, 2, 3, 0.5, -1, 4], [0, 1, 2, 3, 4, 5])(x), x)
    case("normalization", lambda x: layers.Normalization()(x), x)
    case("normalization-inverse", lambda x: layers.Normalization(invert=True)(x), x)
    case("normalization-axes", lambda x: layers.Normalization(axis=(1, -1))(x), x)
    case("normalization-scalar", lambda x: layers.Normalization(axis=None)(x), x)
    constants = {"mean": [1, 2, 3, 4, 5, 6], "variance": [0.5, 1, 2, 3, 0, 4e-15]}
    case("normalization-constants", lambda x: layers.Normalization(**constants)(x), x)
    case("normalization-constant", lambda x: layers.Normalization(axis=None, mean=2.0, variance=3.0)(x), x)
    for axis in (-1, 3, 1, (1, 2), (1, 2, 3)):
        case(f"unit-normalization-{axis}", lambda x, axis=axis: layers.UnitNormalization(axis=axis)(x), x)
    case("unit-normalization-vector", lambda x: layers.UnitNormalization()(x), normal(5, 7))
    for name, options in {
        "": {},
        "-epsilon": {"epsilon": 1e-6},
        "-plain": {"center": False, "scale": False},
        "-scale": {"center": False},
        "-center": {"scale": False},
        "-rows": {"axis": [2, 3]},
        "-all": {"axis": [1, 2, 3]},
        "-columns": {"axis": 1},
        "-pixels": {"axis": [1, 2]},
        "-others": {"axis": [3, 1], "center": False},
    }.items():
        case(f"layer-normalization{name}", lambda x, o=options: layers.LayerNormalization(**o)(x), x)
    case("layer-normalization-far", lambda x: layers.LayerNormalization()(x), far)
    case("layer-normalization-vector", lambda x: layers.LayerNormalization()(x), normal(5, 37))
    for groups in (1, 2, 3, 6, -1):
        case(f"group-normalization-{groups}", lambda x, g=groups: layers.GroupNormalization(g)(x), x)
    case("group-normalization-plain", lambda x: layers.GroupNormalization(2, center=False, scale=False)(x), x)
    case("group-normalization-vector", lambda x: layers.GroupNormalization(2, epsilon=1e-5)(x), normal(5, 34))
    case("group-normalization-wide", lambda x: layers.GroupNormalization(2)(x), normal(2, 3, 3, 38))
    case("layer-scale", lambda x: convnext.LayerScale(0.1, 6)(x), x)
    case("layer-scale-wide", lambda x: convnext.LayerScale(0.1, 19)(x), normal(2, 3, 3, 19))


# Running a case.


def parameter_name(weight):
    """LayerScale leaves its only weight without a name."""
    return "gamma" if weight.name == "variable" else weight.name


def parameters(name, model):
    """Everything off its initial value: the same in both precisions."""
    random = np.random.default_rng(list(name.encode()))
    values = {}
    for weight in model.weights:
        low, high = (0.5, 1.5) if parameter_name(weight) in ("gamma", "variance") else (-0.6, 0.6)
        value = random.uniform(low, high, tuple(weight.shape))
        values[parameter_name(weight)] = np.asarray(value, np.float32)
    return values


def use_assigned_statistics(model):
    """Lets Normalization layers compute with the mean and the variance that they have been given, as after loading."""
    for layer in model.layers:
        if isinstance(layer, layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()


def run(name):
    """Case `name` in the present precision: (its words, tensors that it starts from, tensors that Keras computed)."""
    make, arrays, training = CASES[name]
    keras.backend.clear_session()
    inputs = [keras.Input(array.shape[1:], name=f"input_{number}") for number, array in enumerate(arrays)]
    model = keras.Model(inputs, make(*inputs))
    (words,) = [
        words for words in json.loads(model.to_json())["config"]["layers"] if words["class_name"] != "InputLayer"
    ]
    given = parameters(name, model)
    for weight in model.weights:
        weight.assign(given[parameter_name(weight)])
    use_assigned_statistics(model)
    tensors = [tf.constant(array, dtype=keras.config.floatx()) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output = model(tensors, training=training)
    upstream = normal(*output.shape, seed=1)
    trainable = model.trainable_weights
    input_gradients, gradients = tape.gradient(
        output,
        (tensors, [weight.value for weight in trainable]),
        tf.constant(upstream, dtype=output.dtype),
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    start = {f"input_{number}": array for number, array in enumerate(arrays)}
    start["output_gradient"] = upstream
    start.update({f"parameter/{key}": value for key, value in given.items()})
    computed = {"output": output.numpy()}
    computed.update({f"input_gradient_{n}": tf.convert_to_tensor(g).numpy() for n, g in enumerate(input_gradients)})
    computed.update({f"gradient/{parameter_name(w)}": g.numpy() for w, g in zip(trainable, gradients)})
    return words, start, computed


def main():
    for add in (activations, merging, operators, shapes, normalizations):
        add()
    tensors, metadata, worst = {}, {}, (0, "")
    for name in CASES:
        words, start, single = run(name)
        with reference_values.precision("float64"):
            _, _, double = run(name)
        computed = reference_values.with_tolerances(single, double)
        worst = max(worst, *((v[0], f"{name}/{k}") for k, v in computed.items() if k.startswith("tolerance/")))
        tensors.update({f"{name}/{key}": value for key, value in {**start, **computed}.items()})
        metadata[name] = json.dumps(words, sort_keys=True)
    print(f"{len(CASES)} cases, largest {worst[1]} {worst[0]:.1e}")
    reference_values.save("elements", tensors, metadata)


if __name__ == "__main__":
    main()
