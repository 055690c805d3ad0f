"""Expected values of schedules, callbacks, smoothed and weighted losses, weight decay, clipping, LAMB and averaging.

Run: python make_objective_reference.py     (made with Keras 3.15, TensorFlow 2.21)

It writes objective/schedules.json (Keras' schedules), objective/callbacks.json (what Keras'
EarlyStopping and ReduceLROnPlateau do on made-up courses), and keras/NETWORK-CLASSES-OBJECTIVE.safetensors: ten full-batch
steps of `Model.fit` from the weights and stamps of keras/NETWORK-CLASSES.safetensors (see make_keras_reference.py).
"""

import reference_values  # first: configures TensorFlow

import json
import pathlib
import types

import keras
import numpy as np

import keras_training
from keras_training import arguments, make_stamps, perturbed_weights, variables
from make_keras_reference import NETWORKS, initial_weights

FOLDER = pathlib.Path(__file__).parent / "objective"
MODES = {"val_loss": "min", "val_accuracy": "max"}


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def write_schedules():
    """Learning rate 0.1, 40 steps; warm-up is counted from step 1, which is Keras' from step 0."""
    decay = keras.optimizers.schedules
    warm = decay.CosineDecay(0.0, 30, warmup_target=0.1, warmup_steps=10)
    cases = {
        "cosine": rates(decay.CosineDecay(0.1, 40), range(40)),
        "cosine-warmup-10": rates(warm, range(1, 11)) + rates(warm, range(10, 40)),
        "step-7": rates(decay.ExponentialDecay(0.1, 7, 0.3, staircase=True), range(40)),
        "exponential-7": rates(decay.ExponentialDecay(0.1, 7, 0.3), range(40)),
    }
    (FOLDER / "schedules.json").write_text(json.dumps(cases) + "\n")


def early_stopping(course, metric, patience, delta):
    """The best epoch and the one with which training ends, or null."""
    callback = keras.callbacks.EarlyStopping(monitor=metric, mode=MODES[metric], patience=patience, min_delta=delta)
    callback.set_model(types.SimpleNamespace(stop_training=False))
    callback.on_train_begin()
    for epoch, value in enumerate(course):
        callback.on_epoch_end(epoch, {metric: value})
        if callback.model.stop_training:
            return int(callback.best_epoch), epoch
    return int(callback.best_epoch), None


def plateau(course, metric, factor, patience):
    """The learning rate after each epoch, from 1."""
    callback = keras.callbacks.ReduceLROnPlateau(monitor=metric, mode=MODES[metric], factor=factor, patience=patience)
    optimizer = keras.optimizers.SGD(learning_rate=1.0)
    callback.set_model(types.SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    values = []
    for epoch, value in enumerate(course):
        callback.on_epoch_end(epoch, {metric: value})
        values.append(float(optimizer.learning_rate.numpy()))
    return values


def write_callbacks():
    random = np.random.default_rng(7)
    cases = []
    for number in range(24):
        metric = ["val_loss", "val_accuracy"][number % 2]
        # Two decimals: equal values are part of the question.
        course = [round(float(v), 2) for v in random.uniform(0.3, 0.6, 25)]
        patience, delta = int(random.integers(1, 6)), [0.0, 0.015][number // 2 % 2]
        best, end = early_stopping(course, metric, patience, delta)
        cases.append(
            {
                "metric": metric,
                "course": course,
                "patience": patience,
                "min_delta": delta,
                "best": best,
                "end": end,
                "learning_rates": plateau(course, metric, 0.5, patience),
            }
        )
    (FOLDER / "callbacks.json").write_text(json.dumps(cases) + "\n")


RUNS = {
    "adamw": lambda: keras.optimizers.AdamW(
        learning_rate=keras.optimizers.schedules.CosineDecay(0.001, 10),
        weight_decay=0.1,
        global_clipnorm=0.05,
        use_ema=True,
        ema_momentum=0.7,
    ),
    "lamb": lambda: keras.optimizers.Lamb(learning_rate=0.01, weight_decay=0.05),
    "decay": lambda: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, weight_decay=0.5, global_clipnorm=0.1),
}
CLASS_WEIGHTS = {0: 0.7, 1: 1.6}
SMOOTHING = 0.1


def fit(network, classes, name, weights, stamps, labels):
    model = NETWORKS[network](classes)
    keras_training.assign(model, weights)
    optimizer = RUNS[name]()
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    kind = keras.losses.BinaryCrossentropy if classes == 1 else keras.losses.CategoricalCrossentropy
    model.compile(loss=kind(label_smoothing=SMOOTHING), optimizer=optimizer, jit_compile=False)
    stamps, targets = arguments(stamps, labels, classes)
    history = model.fit(
        stamps, targets, batch_size=len(stamps), epochs=10, shuffle=False, verbose=0, class_weight=CLASS_WEIGHTS
    ).history
    tensors = {f"final/{key}": variable.numpy() for key, variable in variables(model)}
    return {"loss": np.array(history["loss"]), **tensors}


def write_run(network, classes, name):
    stamps, labels = make_stamps(48, seed=1)
    weights = initial_weights(network, classes)

    def run(weights):
        return fit(network, classes, name, weights, stamps, labels)

    with reference_values.precision("float64"):
        double = run(weights)
        perturbed = [run(perturbed_weights(weights, seed)) for seed in range(2)]
    tensors = reference_values.with_tolerances(run(weights), double, perturbed)
    worst = max((value[0], key) for key, value in tensors.items() if key.startswith("tolerance/"))
    print(f"{network}-{classes}-{name}: loss {tensors['loss'][0]:.4f} → {tensors['loss'][-1]:.4f}, worst {worst}")
    reference_values.save(f"{network}-{classes}-{name}", tensors, {"label_smoothing": str(SMOOTHING)})


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_schedules()
    write_callbacks()
    for network, classes, name in [("vgg6", 2, "adamw"), ("vgg6", 2, "lamb"), ("simple", 1, "decay"), ("simple", 2, "lamb")]:
        write_run(network, classes, name)
