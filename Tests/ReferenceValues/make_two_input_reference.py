"""Trains a network of two inputs with Keras and writes keras-networks/features-9x8.safetensors.

Needs and runs like make_keras_reference.py. Stamps of one channel and four features of each; two branches, and the
features themselves, meet before the last layer. README.md lists the tensors.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
from keras import layers

import keras_training
import make_keras_network_reference as networks

NAME, HEIGHT, WIDTH, FEATURES, STEPS = "features-9x8", 9, 8, 4, 5
# As the model takes its inputs, whose order is not that of Keras' layers.
INPUTS = ("features", "stamps")


def make_model():
    """The network in the present precision, with layers in Keras and in the trainer's words."""
    graph = networks.Graph(NAME, (HEIGHT, WIDTH, 1))
    features = keras.Input((FEATURES,), name="features")
    maps = graph.add(layers.Conv2D, graph.input, filters=5, kernel_size=3, activation="tanh")
    maps = graph.add(layers.MaxPooling2D, maps, pool_size=2)
    maps = graph.add(layers.Flatten, maps)
    own = graph.add(layers.Dense, features, units=6, activation="elu")
    joined = graph.add(layers.Concatenate, [maps, features, own])
    hidden = graph.add(layers.Dense, joined, units=7, activation="tanh")
    output = graph.add(layers.Dense, hidden, units=2, activation="softmax")
    described = {"name": "features", "inputs": [], "kind": {"input": {"shape": [FEATURES]}}}
    return keras.Model([features, graph.input], output, name=NAME), [described, *graph.description]


def initial_weights():
    random = np.random.default_rng(5)
    return {
        name: random.normal(scale=0.4, size=tuple(variable.shape)).astype(np.float32)
        for name, variable in keras_training.variables(make_model()[0])
    }


def run(weights, values, labels):
    """Full-batch gradient descent in the present precision: predictions, losses, gradients, final weights."""
    model = make_model()[0]
    keras_training.assign(model, weights)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), jit_compile=False)
    targets = keras_training.arguments(values["stamps"], labels, 2)[1]
    inputs = [values[name].astype(keras.config.floatx()) for name in INPUTS]
    tensors = {"prediction": model(inputs, training=False).numpy()}
    steps = [keras_training.train_step(model, keras_training.loss_for(2), inputs, targets) for _ in range(STEPS)]
    tensors["sgd/loss"] = np.array([loss for loss, _, _ in steps])
    tensors.update({f"gradient/{name}": value for name, value in steps[0][2].items()})
    tensors.update({f"sgd/final/{name}": variable.numpy() for name, variable in keras_training.variables(model)})
    tensors["sgd/prediction"] = model(inputs, training=False).numpy()
    return tensors


def main():
    stamps, labels = keras_training.make_stamps(networks.SAMPLES, 7, HEIGHT, WIDTH)
    features = np.random.default_rng(3).normal(size=(networks.SAMPLES, FEATURES)).astype(np.float32)
    features[:, 0] += labels
    values = {"stamps": stamps[..., None], "features": features}
    weights = initial_weights()
    with reference_values.precision("float64"):
        double = run(weights, values, labels)
        perturbed = [run(keras_training.perturbed_weights(weights, n), values, labels) for n in range(2)]
    tensors = reference_values.with_tolerances(run(weights, values, labels), double, perturbed)
    networks.check_liveness(NAME, tensors)
    tensors.update(stamps=stamps, features=features, labels=labels, **{f"initial/{k}": v for k, v in weights.items()})
    model, description = make_model()
    metadata = {"network": json.dumps({"name": NAME, "layers": description}), "keras_model": model.to_json()}
    reference_values.save(NAME, tensors, metadata, folder=networks.FOLDER)


if __name__ == "__main__":
    main()
