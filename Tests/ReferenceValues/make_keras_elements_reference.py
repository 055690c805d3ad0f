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
    case("prelu", lambda x: layers.PReLU()(x), normal(5, 13))
    case("prelu-of-a-map", lambda x: layers.PReLU()(x), normal(3, 4, 5, 2))
    case("prelu-shared-pixels", lambda x: layers.PReLU(shared_axes=[1, 2])(x), normal(3, 4, 5, 17))
    case("prelu-shared-rows", lambda x: layers.PReLU(shared_axes=[1])(x), normal(3, 4, 5, 3))
    case("prelu-shared-channels", lambda x: layers.PReLU(shared_axes=[3])(x), normal(3, 4, 5, 3))
    case("prelu-shared-all", lambda x: layers.PReLU(shared_axes=[1, 2, 3])(x), normal(3, 4, 5, 3))


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
    activations()
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
