"""Trains a network with regularisers on every kind of weight and on outputs, with Keras, and writes
keras-networks/regularized-13x12.safetensors, and the network as Keras saves it, keras_archives/regularized-13x12.keras.

Needs and runs like make_keras_reference.py. Losses are those of Keras' own `train_on_batch`, which hold the penalties,
and `evaluated` is that of `evaluate` with the last weights. README.md lists the tensors.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.regularizers import L1, L2, L1L2

import keras_training
import make_keras_archives as archives
import make_keras_network_reference as networks

NAME, HEIGHT, WIDTH, CLASSES, SAMPLES = "regularized-13x12", 13, 12, 2, 12
# A gradient of |x| jumps where x is zero, so that this is more than other networks leave.
WORST_TOLERANCE = 1e-4
OPTIMIZERS = {"sgd": lambda: keras.optimizers.SGD(0.05), "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9)}


class Network:
    """The network in the present precision, with layers in Keras and in the trainer's words."""

    def __init__(self):
        keras.backend.clear_session()
        self.description = []
        self.names = {}
        stamps = keras.Input((HEIGHT, WIDTH, 1), name="stamps")
        self.note(stamps, "stamps", [], {"kind": {"input": {"shape": [HEIGHT, WIDTH, 1]}}})
        self.model = keras.Model(stamps, self.output(stamps), name=NAME)

    def note(self, output, name, inputs, words):
        self.description.append({"name": name, "inputs": [self.names[id(tensor)] for tensor in inputs], **words})
        self.names[id(output)] = name
        self.kept = getattr(self, "kept", []) + [output]
        return output

    def add(self, layer, inputs, kind=None, shared_as=None):
        inputs = inputs if isinstance(inputs, list) else [inputs]
        output = layer(inputs if len(inputs) > 1 else inputs[0])
        words = {"kind": kind or networks.describe(layer)}
        if parameters := described_regularizers(layer):
            words["parameters"] = parameters
        if not layer.trainable:
            words["trainable"] = False
        if shared_as:
            words["sharedWith"] = layer.name
        return self.note(output, shared_as or layer.name, inputs, words)

    def output(self, x):
        x = self.add(
            layers.Conv2D(
                6, 3, activation="relu", kernel_regularizer=L1L2(0.002, 0.01), bias_regularizer=L2(0.05),
                activity_regularizer=L1(0.001), name="first"
            ),
            x,
        )
        x = self.add(
            layers.BatchNormalization(gamma_regularizer=L1(0.01), beta_regularizer=L2(0.03), name="normalized"), x
        )
        x = self.add(layers.Activation("relu", activity_regularizer=L1L2(0.001, 0.002), name="rectified"), x)
        shared = layers.Conv2D(
            6, 3, padding="same", activation="tanh", kernel_regularizer=L2(0.02), activity_regularizer=L2(0.003),
            name="shared"
        )
        x = self.add(shared, self.add(shared, x), shared_as="shared_2")
        fixed = layers.Conv2D(
            5, 1, kernel_regularizer=L2(0.1), activity_regularizer=L2(0.002), trainable=False, name="fixed"
        )
        x = self.add(fixed, x)
        x = self.add(
            layers.DepthwiseConv2D(3, depthwise_regularizer=L2(0.02), bias_regularizer=L1(0.01), name="depthwise"), x
        )
        x = self.add(
            layers.PReLU(shared_axes=[1, 2], alpha_regularizer=L2(0.05), name="slopes"), x,
            {"prelu": {"sharedAxes": [1, 2]}}
        )
        x = self.add(
            layers.SeparableConv2D(
                6, 3, depthwise_regularizer=L1(0.003), pointwise_regularizer=L2(0.02), bias_regularizer=L2(0.02),
                name="separable"
            ),
            x,
        )
        normalized = {"axes": [-1], "epsilon": 0.001, "center": True, "scale": True}
        x = self.add(
            layers.LayerNormalization(gamma_regularizer=L2(0.01), beta_regularizer=L1(0.005), name="across"), x,
            {"layerNormalization": normalized}
        )
        x = self.add(layers.Activation("sigmoid", name="squashed"), x)
        linear = {"activation": {"_0": {"linear": {}}}}
        x = self.add(layers.ActivityRegularization(l1=0.001, l2=0.004, name="active"), x, linear)
        x = self.add(
            layers.Conv2DTranspose(4, 2, strides=2, activation="elu", kernel_regularizer=L2(0.01), name="enlarged"), x
        )
        x = self.add(layers.Flatten(activity_regularizer=L2(0.0005), name="flat"), x)
        x = self.add(layers.Dropout(0.5, name="dropped"), x)
        return self.add(
            layers.Dense(
                CLASSES, activation="softmax", kernel_regularizer=L1L2(0.001, 0.01), activity_regularizer=L2(0.1),
                name="last"
            ),
            x,
        )


def described_regularizers(layer):
    """The regularisers of a layer as the trainer's ParameterOptions encodes them."""
    configuration, described = layer.get_config(), {}
    written = lambda value: {"class_name": value["class_name"], "config": value["config"]}
    for parameter in [weight.name for weight in layer.weights]:
        option = parameter.removesuffix("_kernel")
        if parameter == "kernel" and isinstance(layer, layers.DepthwiseConv2D):
            option = "depthwise"
        if value := configuration.get(f"{option}_regularizer"):
            described.setdefault("regularizers", {})[parameter] = written(value)
    if isinstance(layer, layers.ActivityRegularization):
        factors = {"l1": configuration["l1"], "l2": configuration["l2"]}
        described["activityRegularizer"] = {"class_name": "L1L2", "config": factors}
    elif value := configuration.get("activity_regularizer"):
        described["activityRegularizer"] = written(value)
    return described


def initial_weights(seed):
    random = np.random.default_rng(seed)
    weights = {}
    for name, variable in keras_training.variables(Network().model):
        shape = tuple(variable.shape)
        if name.endswith("kernel"):
            value = random.normal(scale=np.sqrt(1.5 / np.prod(shape[:-1])), size=shape)
            value += np.sign(value) * 0.02  # away from the kink of |w|
        elif name.endswith(("gamma", "variance")):
            value = random.uniform(0.5, 1.5, shape)
        else:
            value = random.uniform(0.1, 0.4, shape)
        weights[name] = np.asarray(value, np.float32)
    return weights


def compiled(weights, optimizer):
    model = Network().model
    keras_training.assign(model, weights)
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0
    model.compile(optimizer=OPTIMIZERS[optimizer](), loss="categorical_crossentropy", jit_compile=False)
    return model


def gradients(model, inputs, targets):
    """∂loss/∂weight of the first step, and its loss."""
    with tf.GradientTape() as tape:
        prediction = model(inputs, training=True)
        loss = keras_training.loss_for(CLASSES)(targets, prediction) + sum(model.losses)
    found = tape.gradient(loss, model.trainable_variables)
    named = {variable.path: gradient.numpy() for variable, gradient in zip(model.trainable_variables, found)}
    return {n: named[v.path] for n, v in keras_training.variables(model) if v.path in named}, loss.numpy()


def run(weights, stamps, labels):
    """Ten full-batch steps with each optimizer in the present precision."""
    inputs, targets = keras_training.arguments(stamps, labels, CLASSES)
    tensors = {}
    for optimizer in OPTIMIZERS:
        model = compiled(weights, optimizer)
        tensors["prediction"] = model(inputs, training=False).numpy()
        losses = [model.train_on_batch(inputs, targets) for _ in range(keras_training.STEPS)]
        tensors[f"{optimizer}/loss"] = np.array(losses)
        tensors |= {f"{optimizer}/final/{n}": v.numpy() for n, v in keras_training.variables(model)}
        tensors[f"{optimizer}/prediction"] = model(inputs, training=False).numpy()
        if optimizer == "sgd":
            tensors["evaluated"] = np.array([model.evaluate(inputs, targets, batch_size=5, verbose=0)])
    first, loss = gradients(compiled(weights, "sgd"), inputs, targets)
    assert abs(loss - tensors["sgd/loss"][0]) < 1e-5 * abs(loss), (loss, tensors["sgd/loss"][0])
    return tensors | {f"gradient/{name}": value for name, value in first.items()}


def main():
    stamps, labels = keras_training.make_stamps(SAMPLES, 7, HEIGHT, WIDTH)
    for seed in range(networks.TRIES):
        weights = initial_weights(seed)
        with reference_values.precision("float64"):
            double = run(weights, stamps, labels)
            perturbed = [run(keras_training.perturbed_weights(weights, n), stamps, labels) for n in range(2)]
        tensors = reference_values.with_tolerances(run(weights, stamps, labels), double, perturbed)
        worst = max((value[0], key) for key, value in tensors.items() if key.startswith("tolerance/"))
        print(f"weights {seed}: loss {tensors['sgd/loss'][0]:.4f} → {tensors['sgd/loss'][-1]:.4f}, largest {worst}")
        if worst[0] < WORST_TOLERANCE:
            break
    else:
        raise AssertionError("no weights determine ten steps")
    networks.check_liveness(NAME, tensors)
    tensors.update(stamps=stamps, labels=labels, **{f"initial/{k}": v for k, v in weights.items()})
    network = Network()
    keras_training.assign(network.model, weights)
    network.model.save(path := archives.FOLDER / f"{NAME}.keras")
    archives.repack(path)
    metadata = {
        "network": json.dumps({"name": NAME, "layers": network.description}),
        "keras_model": network.model.to_json(),
    }
    reference_values.save(NAME, tensors, metadata, folder=networks.FOLDER)


if __name__ == "__main__":
    main()
