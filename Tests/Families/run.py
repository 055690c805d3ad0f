#!/usr/bin/env python3
"""Takes the families of keras.applications to the program and back: Tests/Families/run.py [FAMILY…]

Each network gets random weights under which its signals neither vanish nor saturate. Printed are the largest deviations
of probabilities from Keras in float64: of Keras in float32, of the program, of Keras with the `.keras` that the program
writes, and of onnxruntime with its `.onnx`. The exit code is 1 when one is more than four times that of Keras itself
and more than a few roundings (1e-6).

Needs Keras with TensorFlow, and onnxruntime for its column. Settings that the environment may override:
  TRAINER   the program (default: swift-run-trainer)
"""

import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import applications

try:
    import onnxruntime
except ImportError:
    onnxruntime = None

# The smallest size that each takes, or a little more.
FAMILIES = {
    "Xception": 71,
    "VGG16": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "InceptionV3": 75,
    "InceptionResNetV2": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "DenseNet121": 32,
    "NASNetMobile": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "ConvNeXtTiny": 32,
}
# They divide pixels by 255 or so themselves.
RESCALING = ("EfficientNet", "MobileNetV3", "ConvNeXt")
CHANNELS, CLASSES, STAMPS = 3, 3, 8
TRAINER = os.environ.get("TRAINER", "swift-run-trainer")


def build(name, dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    size = FAMILIES[name]
    return getattr(applications, name)(weights=None, classes=CLASSES, input_shape=(size, size, CHANNELS))


def random_weights(model, random):
    """Kernels that keep the variance of what they see, and statistics that are not those of a fresh network."""
    values = []
    for variable in model.weights:
        shape, name = tuple(variable.shape), variable.path.rsplit("/", 1)[-1]
        if name.endswith("kernel"):
            is_depthwise = len(shape) == 4 and shape[-1] == 1
            inputs = np.prod(shape[:2]) if is_depthwise else np.prod(shape[:-1])
            values.append(random.normal(scale=np.sqrt(2 / inputs), size=shape))
        elif name in ("gamma", "moving_variance"):
            values.append(random.uniform(0.8, 1.2, shape))
        elif name in ("variance", "mean", "count"):  # of Normalization: what it subtracts and divides by
            values.append(variable.numpy())
        else:
            values.append(random.normal(scale=0.1, size=shape))
    return [np.asarray(value, np.float32) for value in values]


def centered_output(model, weights, stamps, training=False):
    """The last layer's weights changed so that logits have mean 0 and deviation 1."""
    model.set_weights(weights)
    last = [layer for layer in model.layers if layer.weights][-1]
    seen = keras.Model(model.input, last.input)(stamps, training=training).numpy().reshape(len(stamps), -1)
    logits = seen @ weights[-2].reshape(-1, CLASSES)
    scale = logits.std(0)
    weights[-2] = (weights[-2] / scale).astype(np.float32)
    weights[-1] = (-logits.mean(0) / scale).astype(np.float32)
    return weights


def trainer(*arguments):
    outcome = subprocess.run([TRAINER, *arguments, "--quiet"], capture_output=True, text=True)
    if outcome.returncode:
        raise RuntimeError(outcome.stderr.strip())


def deviations(name, folder):
    random = np.random.default_rng(1)
    size = FAMILIES[name]
    stamps = random.normal(0.5, 0.3, (STAMPS, size, size, CHANNELS)).astype(np.float32)
    if name.startswith(RESCALING):
        stamps *= 255
    np.save(f"{folder}/stamps.npy", stamps)
    double = build(name, "float64")
    weights = centered_output(double, random_weights(double, random), stamps.astype(np.float64))
    double.set_weights(weights)
    exact = double.predict(stamps.astype(np.float64), verbose=0).reshape(STAMPS, CLASSES)
    single = build(name, "float32")
    single.set_weights(weights)
    single.save(f"{folder}/in.keras")
    found = {"keras": single.predict(stamps, verbose=0)}
    model, options = f"{folder}/in.keras", ["--layout", "nhwc", "--normalize", "scale=0,1"]
    trainer("predict", "--model", model, "--input", f"{folder}/stamps.npy", *options, "--output", f"{folder}/own.npy")
    found["here"] = np.load(f"{folder}/own.npy")
    trainer("convert", "--model", model, "--output", f"{folder}/out.keras")
    found["keras again"] = keras.models.load_model(f"{folder}/out.keras").predict(stamps, verbose=0)
    if onnxruntime is not None:
        trainer("convert", "--model", model, "--output", f"{folder}/out.onnx")
        session = onnxruntime.InferenceSession(f"{folder}/out.onnx")
        found["onnx"] = session.run(None, {session.get_inputs()[0].name: stamps})[0]
    return exact, {place: np.abs(value.reshape(exact.shape) - exact).max() for place, value in found.items()}


def main():
    has_failed = False
    print("| network | probabilities | Keras float32 | here | `.keras` again | `.onnx` |\n|---|---|---|---|---|---|")
    for name in sys.argv[1:] or FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                exact, found = deviations(name, folder)
            except RuntimeError as error:
                has_failed = True
                print(f"| {name} | {error} |", flush=True)
                continue
        places = ("keras", "here", "keras again", "onnx")
        numbers = " | ".join(f"{found[place]:.1e}" if place in found else "–" for place in places)
        print(f"| {name} | {exact.min():.2f} to {exact.max():.2f} | {numbers} |", flush=True)
        has_failed |= max(found.values()) > max(4 * found["keras"], 1e-6)
    sys.exit(int(has_failed))


if __name__ == "__main__":
    main()
