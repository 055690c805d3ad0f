"""Trains a network of two inputs with Keras and writes keras-networks/features-9x8x3.safetensors.

Needs and runs like make_keras_reference.py. Stamps of three channels in five classes, and four features of each stamp;
two branches, and the features themselves, meet before the last layers. README.md lists the tensors.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
from keras import layers

import keras_training
import make_keras_network_reference as networks

NAME, HEIGHT, WIDTH, CHANNELS, FEATURES, CLASSES, SAMPLES = "features-9x8x3", 9, 8, 3, 4, 5, 30
# As the model takes its inputs, whose order is not that of Keras' layers.
INPUTS = ("features", "stamps")


def make_model():
    """The network in the present precision, with layers in Keras and in the trainer's words."""
    graph = networks.Graph(NAME, (HEIGHT, WIDTH, CHANNELS))
    features = keras.Input((FEATURES,), name="features")
    maps = graph.add(layers.Conv2D, graph.input, filters=5, kernel_size=3, activation="tanh")
    maps = graph.add(layers.MaxPooling2D, maps, pool_size=2)
    maps = graph.add(layers.Flatten, maps)
    own = graph.add(layers.Dense, features, units=6, activation="elu")
    joined = graph.add(layers.Concatenate, [maps, features, own])
    hidden = graph.add(layers.Dense, joined, units=7, activation="tanh")
    output = graph.add(layers.Dense, hidden, units=CLASSES, activation="softmax")
    described = {"name": "features", "inputs": [], "kind": {"input": {"shape": [FEATURES]}}}
    return keras.Model([features, graph.input], output, name=NAME), [described, *graph.description]


def make_samples():
    """Stamps whose blobs lie in other channels for each class, features of which one tells classes apart, labels."""
    channels = [keras_training.make_stamps(SAMPLES, 7 + number, HEIGHT, WIDTH)[0] for number in range(CHANNELS)]
    labels = np.arange(SAMPLES) % CLASSES
    stamps = np.stack(channels, axis=-1)
    for channel in range(CHANNELS):
        stamps[labels == channel, 3:6, 3:6, channel] += 2
    features = np.random.default_rng(3).normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    features[:, 0] += labels
    return {"stamps": stamps, "features": features}, labels


def initial_weights():
    random = np.random.default_rng(5)
    return {
        name: random.normal(scale=0.4, size=tuple(variable.shape)).astype(np.float32)
        for name, variable in keras_training.variables(make_model()[0])
    }


def run(weights, values, labels):
    """Ten full-batch steps in the present precision: predictions, losses, gradients, final weights."""
    model = make_model()[0]
    keras_training.assign(model, weights)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), jit_compile=False)
    targets = np.eye(CLASSES)[labels].astype(keras.config.floatx())
    inputs = [values[name].astype(keras.config.floatx()) for name in INPUTS]
    loss_function = keras_training.loss_for(CLASSES)
    tensors = {"prediction": model(inputs, training=False).numpy()}
    steps = [
        keras_training.train_step(model, loss_function, inputs, targets) for _ in range(keras_training.STEPS)
    ]
    tensors["sgd/loss"] = np.array([loss for loss, _, _ in steps])
    tensors.update({f"gradient/{name}": value for name, value in steps[0][2].items()})
    tensors.update({f"sgd/final/{name}": variable.numpy() for name, variable in keras_training.variables(model)})
    tensors["sgd/prediction"] = model(inputs, training=False).numpy()
    return tensors


def main():
    values, labels = make_samples()
    weights = initial_weights()
    with reference_values.precision("float64"):
        double = run(weights, values, labels)
        perturbed = [run(keras_training.perturbed_weights(weights, n), values, labels) for n in range(2)]
    tensors = reference_values.with_tolerances(run(weights, values, labels), double, perturbed)
    networks.check_liveness(NAME, tensors)
    tensors.update(**values, labels=labels, **{f"initial/{k}": v for k, v in weights.items()})
    model, description = make_model()
    metadata = {"network": json.dumps({"name": NAME, "layers": description}), "keras_model": model.to_json()}
    reference_values.save(NAME, tensors, metadata, folder=networks.FOLDER)


if __name__ == "__main__":
    main()
