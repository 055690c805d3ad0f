#!/usr/bin/env python3
"""Trains the families of keras.applications here and in Keras: Tests/Families/train.py [FAMILY…]

Each network takes ten full-batch steps of SGD with momentum 0.9, from the weights of `run.py`, without dropout, whose
masks differ. The learning rate is the one at which the first step lowers the loss by about 0.01: networks with random
weights differ much in their gradients, and with long steps any rounding grows until nothing can be compared. What is
compared with Keras in float64 are Keras in float32 and the program: the loss of the first step and of all ten
(largest deviation), the weights that are trained and the moving statistics after the last one (norm of the deviation
over the norm of what training has changed). Keras runs three times, with the stamps of the batch in another order,
which is another order of rounding: its column is the largest of the three. The exit code is 1 when one of the
program's is more than four times that and more than a few roundings (2e-6).

Needs Keras with TensorFlow. Settings that the environment may override:
  TRAINER   the program (default: swift-run-trainer)
"""

import csv
import sys
import tempfile

import run  # first: configures Keras

import keras
import numpy as np
import tensorflow as tf

STEPS, STAMPS, CLASSES, ORDERS = 10, 12, 2, 3
COLUMNS = ("loss 1", "loss 1–10", "weights", "statistics")


def layers_of(model):
    """The layers of a model, those of models in it one by one."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)
        else:
            yield layer


def without_dropout(model):
    for layer in layers_of(model):
        for name in ("rate", "drop_path_rate"):
            if hasattr(layer, name):
                setattr(layer, name, 0.0)
    return model


def variables(model):
    """By the names of layers and weights; weights without a name of their own are numbered in their layer."""
    return {
        f"{layer.name}/{number if variable.name.startswith('variable') else variable.name}": variable
        for layer in layers_of(model) for number, variable in enumerate(layer.weights)
    }


def values(model):
    return {name: variable.numpy().astype(np.float64) for name, variable in variables(model).items()}


class KerasRun:
    """Ten steps of Keras, in the model's precision; the weights after them stay in the model."""

    def __init__(self, model, learning_rate):
        self.dtype = keras.config.floatx()
        self.optimizer = keras.optimizers.SGD(learning_rate, momentum=0.9)
        trained = model.trainable_variables
        self.optimizer.build(trained)
        loss_function = keras.losses.CategoricalCrossentropy()

        @tf.function
        def step(stamps, targets):
            with tf.GradientTape() as tape:
                loss = loss_function(targets, tf.reshape(model(stamps, training=True), targets.shape))
            gradients = tape.gradient(loss, trained)
            self.optimizer.apply(gradients, trained)
            return loss, sum(tf.reduce_sum(gradient**2) for gradient in gradients)

        self.step = step

    def losses(self, stamps, labels, steps=STEPS):
        """The loss of each step, and the squared norm of the first one's gradient."""
        for momentum in self.optimizer.momentums:
            momentum.assign(np.zeros(momentum.shape))
        stamps, targets = stamps.astype(self.dtype), np.eye(CLASSES)[labels].astype(self.dtype)
        taken = [self.step(stamps, targets) for _ in range(steps)]
        return np.array([float(loss) for loss, _ in taken]), float(taken[0][1])


def own_run(folder, stamps, labels, learning_rate):
    """Losses of ten steps here, and the weights after them as Keras reads them."""
    for name, label in [("noise", 0), ("sources", 1)]:
        np.save(f"{folder}/{name}.npy", stamps[labels == label])
    run.trainer(
        "train", "--recipe", "notebook", "--model", f"{folder}/in.keras", "--sources", f"{folder}/sources.npy",
        "--noise", f"{folder}/noise.npy", "--layout", "nhwc", "--normalize", "scale=0,1", "--split", "1,0,0",
        "--batch-size", "full", "--epochs", str(STEPS), "--optimizer", "momentum", "--learning-rate",
        str(learning_rate), "--no-report", "--output", f"{folder}/run")
    with open(f"{folder}/run/history.csv") as file:
        losses = np.array([float(row["loss"]) for row in csv.DictReader(file)])
    run.trainer("convert", "--model", f"{folder}/run/model.safetensors", "--output", f"{folder}/out.keras")
    return losses, values(keras.models.load_model(f"{folder}/out.keras", compile=False))


def relative(found, exact, before, names):
    """The norm of all deviations over that of all changes; nothing of a network without such values."""
    if not names:
        return 0.0
    changed = sum(((exact[name] - before[name]) ** 2).sum() for name in names)
    return np.sqrt(sum(((found[name] - exact[name]) ** 2).sum() for name in names) / changed)


def deviations(name, folder):
    run.CLASSES = CLASSES
    random = np.random.default_rng(1)
    size = run.FAMILIES[name]
    labels = np.arange(STAMPS) % CLASSES
    stamps = random.normal(0.5, 0.3, (STAMPS, size, size, run.CHANNELS)).astype(np.float32)
    if name.startswith(run.RESCALING):
        stamps *= 255
    double = without_dropout(run.build(name, "float64"))
    weights = run.centered_output(double, run.random_weights(double, random), stamps.astype(np.float64), training=True)
    double.set_weights(weights)
    before = values(double)
    exact_run = KerasRun(double, 0.0)
    _, squared_norm = exact_run.losses(stamps, labels, steps=1)
    learning_rate = float(np.float32(0.01 / squared_norm))
    exact_run.optimizer.learning_rate = learning_rate
    double.set_weights(weights)
    exact_losses, _ = exact_run.losses(stamps, labels)
    exact = values(double)
    trained = {id(variable) for variable in double.trainable_variables}
    own_names = variables(double)
    weight_names = [key for key, variable in own_names.items() if id(variable) in trained]
    state_names = [key for key in own_names if "moving_" in key]
    single = without_dropout(run.build(name, "float32"))
    single.set_weights(weights)
    single.save(f"{folder}/in.keras")
    # Layers that are named by number have other numbers in a second network.
    renamed = dict(zip(variables(single), own_names))

    def compared(losses, ended):
        ended = {renamed[key]: value for key, value in ended.items()}
        deviation = np.abs(losses - exact_losses)
        names = (weight_names, state_names)
        return [deviation[0], deviation.max(), *(relative(ended, exact, before, some) for some in names)]

    runs, keras_run = [], KerasRun(single, learning_rate)
    for order in [np.arange(STAMPS), *(random.permutation(STAMPS) for _ in range(1, ORDERS))]:
        single.set_weights(weights)
        runs.append(compared(keras_run.losses(stamps[order], labels[order])[0], values(single)))
    return exact_losses, np.max(runs, axis=0), compared(*own_run(folder, stamps, labels, learning_rate))


def main():
    has_failed = False
    print("| network | loss | " + " | ".join(f"{column}: Keras float32, here" for column in COLUMNS) + " |")
    print("|---|---|" + "---|" * len(COLUMNS))
    for name in sys.argv[1:] or run.FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                losses, *found = deviations(name, folder)
            except RuntimeError as error:
                has_failed = True
                print(f"| {name} | {error} |", flush=True)
                continue
        pairs = list(zip(*found))
        numbers = " | ".join(f"{theirs:.1e}, {ours:.1e}" for theirs, ours in pairs)
        print(f"| {name} | {losses[0]:.3f} to {losses[-1]:.3f} | {numbers} |", flush=True)
        has_failed |= any(not ours <= max(4 * theirs, 2e-6) for theirs, ours in pairs)
    sys.exit(int(has_failed))


if __name__ == "__main__":
    main()
