"""Trains the notebook's networks with Keras and writes what the trainer must agree with.

Needs the packages of requirements.txt. Run it without arguments from any folder:

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_keras_reference.py

It writes keras/*.safetensors (README.md lists the tensors). Everything runs in float32, as Keras does
unless told otherwise; runs in float64, from the same weights and from weights moved by a few roundings, tell
how well float32 determines each tensor: `tolerance/NAME`. Every training loop written out here is checked
against `Model.fit` before anything is stored.
"""

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
from keras import layers

import keras_training
from keras_training import OPTIMIZERS, SIDE, STEPS, arguments, loss_for, make_stamps, perturbed_weights, train_step, variables

# Ten steps of a network with ReLUs and max pooling are not always determined to single precision: a rounding
# may switch a ReLU near its kink, swap two nearly equal maxima, or turn a gradient that is zero but for rounding
# (a bias before BatchNorm whose ReLU is always on) into a full step of Adam. With this seed, found by trying,
# none of that happens in any of the runs; `write_full_batch_run` checks it.
WEIGHTS_SEED = 79
WORST_TOLERANCE = 1e-4


# Networks: the notebook's, with the dropout layers left out.


def simple(classes, batch_normalization=False):
    network = [layers.Input((SIDE, SIDE, 1)), layers.Dense(30, activation="relu", name="fc_1")]
    if batch_normalization:
        network.append(layers.BatchNormalization(axis=3, name="bn_1"))
    network += [layers.Dense(30, activation="relu", name="fc_2"), layers.Flatten(), output(classes)]
    return keras.Sequential(network)


def vgg6(classes):
    return keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            layers.Conv2D(16, (3, 3), activation="relu", name="conv1"),
            layers.Conv2D(16, (3, 3), activation="relu", name="conv2"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, (3, 3), activation="relu", name="conv3"),
            layers.Conv2D(32, (3, 3), activation="relu", name="conv4"),
            layers.BatchNormalization(axis=3, name="bn_2"),
            layers.MaxPooling2D((4, 4)),
            layers.Flatten(),
            layers.Dense(256, activation="relu", name="fc_1"),
            output(classes),
        ]
    )


def output(classes):
    return layers.Dense(classes, activation="sigmoid" if classes == 1 else "softmax", name="fc_out")


NETWORKS = {
    "simple": simple,
    "simple-bn": lambda classes: simple(classes, batch_normalization=True),
    "vgg6": vgg6,
}

# Weights: the same for every run.


def initial_weights(network, classes):
    """Keras' Glorot-uniform kernels, and everything else moved off its initial zero or one: {path: array}."""
    keras.utils.set_random_seed(WEIGHTS_SEED)
    random = np.random.default_rng(21)
    weights = {}
    for name, variable in variables(NETWORKS[network](classes)):
        value = variable.numpy().astype(np.float64)
        if name.endswith(("gamma", "moving_variance")):
            value += random.uniform(-0.2, 0.2, value.shape)
        elif not name.endswith("kernel"):
            value += random.normal(scale=0.05, size=value.shape)
        weights[name] = value.astype(np.float32)
    return weights


def compiled(network, classes, optimizer, weights):
    """A model at `weights`, compiled as the notebook does, in the present precision."""
    model = NETWORKS[network](classes)
    keras_training.assign(model, weights)
    loss = "binary_crossentropy" if classes == 1 else "categorical_crossentropy"
    model.compile(loss=loss, optimizer=OPTIMIZERS[optimizer](), metrics=["accuracy"], jit_compile=False)
    return model


# Training.


def check_against_fit(tensors, network, classes, optimizer, weights, stamps, labels):
    """The largest deviation from `Model.fit` with one batch an epoch; stops when it is more than rounding."""
    model = compiled(network, classes, optimizer, weights)
    stamps, targets = arguments(stamps, labels, classes)
    history = model.fit(stamps, targets, batch_size=len(stamps), epochs=STEPS, shuffle=False, verbose=0).history
    deviations = [reference_values.deviation(tensors[name], history[name]) for name in ("loss", "accuracy")]
    deviations += [reference_values.deviation(tensors[f"final/{n}"], v.numpy()) for n, v in variables(model)]
    assert max(deviations) < 1e-4, f"{network}-{classes} {optimizer}: fit differs by {max(deviations):.1e}"
    return max(deviations)


# Files.


def write_full_batch_run(name, network, classes, optimizer, only=None):
    """One run's file. `only` names the groups to keep; None keeps all and adds stamps, labels and weights."""
    stamps, labels = make_stamps(48, seed=1)
    weights = initial_weights(network, classes)

    def run(weights):
        return keras_training.full_batch_run(compiled(network, classes, optimizer, weights), classes, stamps, labels)

    with reference_values.precision("float64"):
        double = run(weights)
        perturbed = [run(perturbed_weights(weights, seed)) for seed in range(2)]
    single = run(weights)
    fit_deviation = check_against_fit(single, network, classes, optimizer, weights, stamps, labels)
    tensors = reference_values.with_tolerances(single, double, perturbed, lambda tensor: tensor != "accuracy")
    assert np.array_equal(single["accuracy"], double["accuracy"]), f"{name}: a prediction lies on the threshold"
    if only is None:
        tensors.update(stamps=stamps, labels=labels, **{f"initial/{key}": value for key, value in weights.items()})
    else:
        tensors = {k: v for k, v in tensors.items() if k.removeprefix("tolerance/").split("/")[0] in only}
    worst, worst_name = max((value[0], key) for key, value in tensors.items() if key.startswith("tolerance/"))
    assert worst < WORST_TOLERANCE, f"{name}: {worst_name} is {worst:.1e}: choose another WEIGHTS_SEED"
    print(
        f"{name}: loss {single['loss'][0]:.4f} → {single['loss'][-1]:.4f}, accuracy {single['accuracy'][-1]:.3f}, "
        f"largest {worst_name} {worst:.1e}, fit deviates by {fit_deviation:.1e}"
    )
    reference_values.save(
        name,
        tensors,
        {
            "network": network,
            "classes": str(classes),
            "optimizer": optimizer,
            "learning_rate": "0.001" if optimizer == "adam" else "0.01",
            "steps": str(STEPS),
            "fit_deviation": f"{fit_deviation:.1e}",
        },
    )


def fit_history(weights, training, validation, batch_size, epochs):
    """`Model.fit` on uneven batches in the present precision: its history and final weights."""
    model = compiled("simple", 2, "sgd", weights)
    stamps, targets = arguments(*training, 2)
    history = model.fit(
        stamps,
        targets,
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        validation_data=arguments(*validation, 2),
    ).history
    tensors = {key: np.array(values) for key, values in history.items()}
    tensors.update({f"final/{name}": variable.numpy() for name, variable in variables(model)})
    return tensors


def check_history(tensors, weights, training, batch_size, epochs):
    """Confirms that an epoch's loss is the mean over its samples of the losses that their batches had."""
    model = compiled("simple", 2, "sgd", weights)
    stamps, targets = arguments(*training, 2)
    loss_function = loss_for(2)
    for epoch in range(epochs):
        starts = range(0, len(stamps), batch_size)
        batches = [slice(start, min(start + batch_size, len(stamps))) for start in starts]
        sizes = [batch.stop - batch.start for batch in batches]
        metrics = [train_step(model, loss_function, stamps[batch], targets[batch])[:2] for batch in batches]
        loss, accuracy = np.average(metrics, axis=0, weights=sizes)
        np.testing.assert_allclose([tensors["loss"][epoch], tensors["accuracy"][epoch]], [loss, accuracy], rtol=1e-5)
        assert abs(np.mean(metrics, axis=0)[0] - loss) > 1e-4, "an unweighted mean would pass as well"


def write_history():
    batch_size, epochs = 20, 3
    training, validation = make_stamps(48, seed=1), make_stamps(17, seed=2)
    weights = initial_weights("simple", 2)
    run = (weights, training, validation, batch_size, epochs)
    with reference_values.precision("float64"):
        double = fit_history(*run)
    single = fit_history(*run)
    check_history(single, weights, training, batch_size, epochs)
    tensors = reference_values.with_tolerances(single, double, compared=lambda tensor: "accuracy" not in tensor)
    tensors.update(stamps=training[0], labels=training[1])
    tensors.update({"validation/stamps": validation[0], "validation/labels": validation[1]})
    tensors.update({f"initial/{key}": value for key, value in weights.items()})
    for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
        print(f"history: {key} {single[key]}")
    reference_values.save(
        "history",
        tensors,
        {
            "network": "simple",
            "classes": "2",
            "optimizer": "sgd",
            "learning_rate": "0.01",
            "batch_size": str(batch_size),
            "epochs": str(epochs),
            "shuffle": "false",
        },
    )


if __name__ == "__main__":
    for network in NETWORKS:
        for classes in (2, 1):
            write_full_batch_run(f"{network}-{classes}", network, classes, "sgd")
    for network in ("vgg6", "simple"):
        for optimizer in ("momentum", "nesterov", "adam"):
            name = f"{network}-2-{optimizer}"
            write_full_batch_run(name, network, 2, optimizer, only={"loss", "final"})
    write_history()
