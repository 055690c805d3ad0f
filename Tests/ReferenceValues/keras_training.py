"""Full-batch training with Keras, written out, and the stamps that it runs on: what the networks' scripts share."""

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
import tensorflow as tf

SIDE = 21
STEPS = 10

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(learning_rate=0.01),
    "momentum": lambda: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(learning_rate=0.001),
}


# Stamps and weights.


def make_stamps(count, seed, height=SIDE, width=SIDE):
    """`count` stamps, about two in five with a Gaussian blob, as `--normalize mean` leaves them; (stamps, labels)."""
    random = np.random.default_rng(seed)
    labels = (random.permutation(count) < 0.4 * count).astype(np.float64)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    y -= (height - 1) / 2
    x -= (width - 1) / 2
    stamps = np.empty((count, height, width))
    for stamp, label in zip(stamps, labels):
        gradient = random.normal(scale=0.02, size=2)
        noise = random.uniform(0.5, 2.0)
        stamp[:] = 100 + gradient[0] * x + gradient[1] * y + random.normal(scale=noise, size=(height, width))
        row, column, spread, peak = random.uniform([-1, -1, 1.0, 3], [1, 1, 2.5, 30])
        stamp += label * noise * peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * spread**2))
        normalize(stamp)
    # Few distinct pixel values: `simple` is piecewise linear in each pixel by itself, and this keeps every
    # pixel well away from the kinks, where one rounding would switch a ReLU and move its gradient by percents.
    stamps = np.round(stamps * 32) / 32
    return stamps.astype(np.float32), labels.astype(np.float32)


def normalize(stamp):
    """The notebook's `normalize_image`, dividing by the mean where it divides by the sum; in place."""
    p25, p50, p75 = np.percentile(stamp, [25, 50, 75])
    np.maximum(stamp, p50 - 2 * 0.7413 * (p75 - p25), out=stamp)
    stamp -= stamp.min()
    stamp /= stamp.mean()


def perturbed_weights(weights, seed, by=5e-7):
    """`weights` in float64, each moved by up to `by` of itself: about what float32 loses on the way to a loss."""
    random = np.random.default_rng(seed)
    return {name: value * (1 + random.uniform(-by, by, value.shape)) for name, value in weights.items()}


def variables(model):
    """(LAYER/PARAMETER, variable) of every weight, moving statistics included."""
    return [(f"{layer.name}/{weight.name}", weight) for layer in model.layers for weight in layer.weights]


def assign(model, weights):
    """Sets every weight of `model` from {LAYER/PARAMETER: array}."""
    for name, variable in variables(model):
        variable.assign(weights[name])


def arguments(stamps, labels, classes):
    """Stamps with their channel, and labels as the loss takes them: (N, 1), or one-hot (N, 2)."""
    targets = labels[:, None] if classes == 1 else np.eye(classes)[labels.astype(int)]
    dtype = keras.config.floatx()
    return stamps[..., None].astype(dtype), targets.astype(dtype)


# Training.


def loss_for(classes):
    return keras.losses.BinaryCrossentropy() if classes == 1 else keras.losses.CategoricalCrossentropy()


def train_step(model, loss_function, stamps, targets):
    """One step of `model`'s optimizer; (loss, accuracy, gradients) of before the step, {path: array} the last."""
    with tf.GradientTape() as tape:
        prediction = model(stamps, training=True)
        loss = loss_function(targets, prediction)
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    named = {variable.path: gradient for variable, gradient in zip(model.trainable_variables, gradients)}
    prediction = prediction.numpy()
    right = (prediction > 0.5) == targets if targets.shape[1] == 1 else prediction.argmax(1) == targets.argmax(1)
    return loss.numpy(), right.mean(), {n: named[v.path].numpy() for n, v in variables(model) if v.path in named}


def full_batch_run(model, classes, stamps, labels):
    """Ten full-batch steps of a compiled model in the present precision: losses, gradients, final weights."""
    stamps, targets = arguments(stamps, labels, classes)
    loss_function = loss_for(classes)
    steps = [train_step(model, loss_function, stamps, targets) for _ in range(STEPS)]
    tensors = {f"gradient/{name}": value for name, value in steps[0][2].items()}
    tensors["loss"] = np.array([loss for loss, _, _ in steps])
    tensors["accuracy"] = np.array([accuracy for _, accuracy, _ in steps])
    tensors.update({f"final/{name}": variable.numpy() for name, variable in variables(model)})
    tensors["prediction"] = model(stamps, training=False).numpy()
    return tensors
