#!/usr/bin/env python3
"""Takes random networks from Keras to the program and back: Tests/RandomNetworks/run.py [--networks N] [--seed S]

Networks are pure functions of their numbers, S to S + N − 1 (networks.py). Each is saved by Keras with random
weights, predicts, trains three full-batch steps of SGD without dropout, and comes back as `.keras` and `.onnx`. Every
pass is compared with Keras in float64, as are two others that scatter as single precision does: Keras in float32, and
Keras in float64 with weights moved by a rounding. A network fails when one of its passes deviates by more than eight
times what the two do and by more than a few roundings, or when the program refuses it. The exit code is then 1.
Interrupted, it tells of those that it has tried.

Needs Keras with TensorFlow, and onnxruntime for its pass. Settings that the environment may override:
  TRAINER   the program (default: swift-run-trainer)
  KEEP      a folder that keeps the files of networks that fail
"""

import argparse
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

import networks

try:
    import onnxruntime
except ImportError:
    onnxruntime = None

TRAINER = os.environ.get("TRAINER", "swift-run-trainer")
SAMPLES, STEPS = 14, 3
# Largest change of a network's weights in its first step.
STEP_LENGTH = 0.05
TIMES, ROUNDINGS = 8, 2e-6
ROUNDING = 3e-7
# Where Keras itself scatters by more, single precision does not determine the results.
MOST_SCATTER = {"predictions": 1e-2, "losses": 1e-2, "weights": 0.3}
PASSES = ("predictions", "losses", "weights", ".keras", ".onnx")
OPTIONS = ["--layout", "nhwc", "--normalize", "scale=0,1", "--quiet"]


class Refusal(Exception):
    """The program ended with an error."""


def trainer(*arguments):
    outcome = subprocess.run([TRAINER, *arguments], capture_output=True, text=True, timeout=600)
    if outcome.returncode:
        raise Refusal(outcome.stderr.strip() or f"ended with code {outcome.returncode}")


# Keras.


def build(seed, dtype, weights=None):
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    network = networks.RandomNetwork(seed)
    model = network.model()
    if weights is not None:
        model.set_weights(weights)
    return model, network


def inputs_of(model, data):
    dtype = keras.config.floatx()
    return [tf.constant(data[tensor.name.split(":")[0]].astype(dtype)) for tensor in model.inputs]


def probabilities(model, data):
    inputs = inputs_of(model, data)
    return np.asarray(model(inputs if len(inputs) > 1 else inputs[0], training=False))


def without_noise(layers):
    for layer in layers:
        if isinstance(layer, keras.Model):
            without_noise(layer.layers)
        for strength in ("rate", "stddev"):
            if hasattr(layer, strength):
                setattr(layer, strength, 0.0)


def loss_and_gradients(model, data):
    inputs = inputs_of(model, data)
    inputs = inputs if len(inputs) > 1 else inputs[0]
    if model.outputs[0].shape[-1] == 1:
        loss, targets = keras.losses.BinaryCrossentropy(), data["labels"][:, None].astype(keras.config.floatx())
    else:
        loss, targets = keras.losses.SparseCategoricalCrossentropy(), data["labels"]
    with tf.GradientTape() as tape:
        value = loss(targets, model(inputs, training=True))
    variables = [each.value for each in model.trainable_variables]
    return float(value), tape.gradient(value, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def learning_rate(model, data):
    """One at which the first step is short, however steep the loss is."""
    without_noise(model.layers)
    _, gradients = loss_and_gradients(model, data)
    norm = np.sqrt(sum(np.square(np.asarray(tf.convert_to_tensor(each))).sum() for each in gradients))
    return float(f"{STEP_LENGTH / max(1, norm):.3g}")


def train(model, data, rate):
    """Losses before each step, and what the weights become."""
    without_noise(model.layers)
    losses = []
    for _ in range(STEPS):
        value, gradients = loss_and_gradients(model, data)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign(variable - rate * tf.convert_to_tensor(gradient))
        losses.append(value)
    return np.array(losses), named_weights(model)


def named_weights(model):
    """By the names of layer and variable; what random layers count is left out."""
    named = {"/".join(each.path.split("/")[-2:]): np.asarray(each.value, np.float64) for each in model.weights}
    return {name: value for name, value in named.items() if "seed_generator" not in name}


def suitable_weights(seed, data):
    """Random ones, the last scaled so that no probability is nearly 0 or 1."""
    model, network = build(seed, "float64")
    weights = networks.random_weights(model, np.random.default_rng([seed, 1]))
    model.set_weights(weights)
    last = model.get_layer("classes")
    inputs = inputs_of(model, data)
    seen = np.asarray(keras.Model(model.inputs, last.input)(inputs if len(inputs) > 1 else inputs[0]))
    values = model.trainable_variables
    kernel, bias = (next(i for i, each in enumerate(model.weights) if each is part) for part in (last.kernel, last.bias))
    logits = seen @ weights[kernel]
    spread = np.maximum(logits.std(0), 1e-3 * (np.abs(logits).max(0) + 1))
    weights[kernel] = (weights[kernel] / spread).astype(np.float32)
    weights[bias] = (-logits.mean(0) / spread).astype(np.float32)
    return weights, network


# One network.


def make_data(model, random):
    data = {}
    for tensor in model.inputs:
        shape = (SAMPLES, *tensor.shape[1:])
        data[tensor.name.split(":")[0]] = random.normal(size=shape).astype(np.float32)
    classes = model.outputs[0].shape[-1]
    data["labels"] = np.arange(SAMPLES) % max(2, classes)
    return data


def deviation(values, exact):
    return np.abs(np.asarray(values, np.float64) - exact).max()


def weight_deviation(values, exact, initial):
    """The largest of any variable, as part of its largest change; changes that are rounding alone do not count."""
    change = {name: np.abs(exact[name] - initial[name]).max(initial=0) for name in exact}
    least = max(1e-3 * max(change.values()), 1e-12)
    return max(deviation(values[name], exact[name]) / max(change[name], least) for name in exact)


def run_keras(seed, dtype, weights, data, rate):
    model, _ = build(seed, dtype, weights)
    found = {"predictions": probabilities(model, data)}
    found["losses"], found["weights"] = train(model, data, rate)
    return found


def run_here(seed, weights, data, folder, rate):
    model, _ = build(seed, "float32", weights)
    path = f"{folder}/in.keras"
    model.save(path)
    np.save(f"{folder}/stamps.npy", data["stamps"])
    np.save(f"{folder}/labels.npy", data["labels"])
    options = list(OPTIONS)
    if "features" in data:
        np.save(f"{folder}/features.npy", data["features"])
        options += ["--features", f"{folder}/features.npy"]
    stamps = f"{folder}/stamps.npy"
    unchanged = ["--normalize-features", "none"] if "features" in data else []
    trainer("predict", "--model", path, "--input", stamps, *options, "--output", f"{folder}/own.npy")
    found = {"predictions": np.load(f"{folder}/own.npy")}
    again = f"{folder}/again.keras"
    trainer("convert", "--model", path, "--output", again)
    loaded = keras.models.load_model(again)
    found[".keras"] = probabilities(loaded, data)
    if onnxruntime is not None:
        trainer("convert", "--model", path, "--output", f"{folder}/own.onnx")
        session = onnxruntime.InferenceSession(f"{folder}/own.onnx")
        fed = {each.name: data[each.name] for each in session.get_inputs()}
        found[".onnx"] = session.run(None, fed)[0]
    run = f"{folder}/run"
    trainer(
        "train", "--model", path, "--stamps", stamps, "--labels", f"{folder}/labels.npy", *options, *unchanged,
        "--output", run, "--split", "1,0,0", "--batch-size", "full", "--epochs", str(STEPS), "--optimizer", "sgd",
        "--learning-rate", str(rate), "--no-dropout", "--no-tensorboard", "--no-report",
        "--classes", str(model.outputs[0].shape[-1]), "--augment", "none",
    )  # fmt: skip
    table = np.genfromtxt(f"{run}/history.csv", delimiter=",", names=True)
    found["losses"] = np.atleast_1d(table["loss"])
    found["weights"] = named_weights(keras.models.load_model(f"{run}/model.keras"))
    return found


def compare(found, exact, initial):
    deviations = {}
    for name, values in found.items():
        if name == "weights":
            deviations[name] = weight_deviation(values, exact[name], initial)
        else:
            reference = exact["losses" if name == "losses" else "predictions"]
            deviations[name] = deviation(np.reshape(values, reference.shape), reference)
    return deviations


def try_network(seed, folder):
    """The deviations of each pass here and in Keras, and the kinds of layers."""
    model, network = build(seed, "float32")
    data = make_data(model, np.random.default_rng([seed, 2]))
    weights, _ = suitable_weights(seed, data)
    model, _ = build(seed, "float64", weights)
    initial, rate = named_weights(model), learning_rate(model, data)
    exact = run_keras(seed, "float64", weights, data, rate)
    if not all(np.isfinite(exact[name]).all() for name in ("predictions", "losses")):
        raise OverflowError("not finite in Keras")
    random = np.random.default_rng([seed, 3])
    moved = [np.float64(each) * (1 + ROUNDING * random.uniform(-1, 1, each.shape)) for each in weights]
    others = [
        compare(run_keras(seed, "float32", weights, data, rate), exact, initial),
        compare(run_keras(seed, "float64", moved, data, rate), exact, initial),
    ]
    for other in others:
        other[".keras"] = other[".onnx"] = other["predictions"]
    keras_own = {name: max(other[name] for other in others) for name in PASSES}
    if not all(keras_own[name] < most for name, most in MOST_SCATTER.items()):
        raise OverflowError("not determined by single precision")
    found = run_here(seed, weights, data, folder, rate)
    return compare(found, exact, initial), keras_own, network.kinds


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--networks", type=int, default=300, metavar="N")
    arguments.add_argument("--seed", type=int, default=0, metavar="S")
    arguments = arguments.parse_args()
    kept = os.environ.get("KEEP")
    tried, failures, left_out, kinds = 0, 0, 0, collections.Counter()
    rows = collections.defaultdict(list)
    for seed in range(arguments.seed, arguments.seed + arguments.networks):
        with tempfile.TemporaryDirectory() as folder:
            try:
                here, own, found = try_network(seed, folder)
                wrong = [name for name in here if not here[name] <= max(TIMES * own[name], ROUNDINGS)]
                messages = [f"{name} deviate by {here[name]:.1e}, Keras by {own[name]:.1e}" for name in wrong]
            except KeyboardInterrupt:
                break
            except (OverflowError, tf.errors.OpError):
                left_out += 1
                continue
            except (Refusal, ValueError, TypeError, RuntimeError, KeyError) as error:
                here, own, found, messages = {}, {}, (), [f"{type(error).__name__}: {error}"]
            tried += 1
            if tried % 10 == 0:
                print(f"{tried} networks, {failures} failed", file=sys.stderr, flush=True)
            kinds.update(found)
            for name in here:
                rows[name].append((here[name], own[name], seed))
            if messages:
                failures += 1
                print(f"network {seed}: " + "; ".join(messages), flush=True)
                if kept:
                    shutil.copytree(folder, pathlib.Path(kept) / str(seed), dirs_exist_ok=True)
    print_statistics(tried, failures, left_out, rows, kinds)
    sys.exit(int(failures > 0))


def print_statistics(tried, failures, left_out, rows, kinds):
    print(f"\n{tried} networks, {failures} failed, {left_out} left out, for which Keras gives no finite or no definite results\n")
    print("| pass | median here | median in Keras | worst here | worst in Keras | worst ratio |\n|---|---|---|---|---|---|")
    for name in filter(rows.get, PASSES):
        here, own = (np.array([row[place] for row in rows[name]]) for place in (0, 1))
        ratios = here / np.maximum(own, ROUNDINGS / TIMES)
        numbers = (np.median(here), np.median(own), here.max(), own.max())
        print(f"| {name} | " + " | ".join(f"{number:.1e}" for number in numbers) + f" | {ratios.max():.1f} |")
    print("\n" + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))


if __name__ == "__main__":
    main()
