"""Compares what models say of stamps as they are: compare_normalizations.py FOLDER.

FOLDER/cases.json lists names and files of stamps (N, height, width[, channels]); for each NAME.npy holds the
probabilities that the program gives, NAME.onnx and NAME.keras, where they exist, take the same stamps, plain.onnx of
the case takes prepared ones, and NAME.py is a function of numpy that prepares them. Prints the largest differences as
JSON: {name: {"onnx": …, "keras": …, "numpy": …}}, without those of libraries that are not installed.
"""

import importlib.util
import json
import os
import sys

import numpy as np
import onnxruntime

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def with_onnxruntime(model, stamps):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: stamps})[0]


def with_keras(model, stamps):
    import keras

    return keras.models.load_model(model).predict(stamps, verbose=0)


def with_numpy(snippet, model, stamps):
    spec = importlib.util.spec_from_file_location("snippet", snippet)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = stamps.copy()
    prepared = module.prepare(stamps)
    assert prepared.dtype == np.float32 and np.array_equal(before, stamps, equal_nan=True)
    return with_onnxruntime(model, prepared)


def main(folder):
    has_keras = all(importlib.util.find_spec(name) for name in ("keras", "tensorflow"))
    found = {}
    with open(f"{folder}/cases.json", encoding="utf-8") as file:
        cases = json.load(file)
    for name, path in cases.items():
        stamps = np.load(path).astype(np.float32)
        stamps = stamps.reshape(*stamps.shape[:3], -1)
        expected = np.load(f"{folder}/{name}.npy").reshape(len(stamps), -1)[:, -1]
        assert len(set(expected.tolist())) >= 5, "a network that says the same of all stamps would show nothing"
        predicted = {"numpy": with_numpy(f"{folder}/{name}.py", f"{folder}/{name}-plain.onnx", stamps)}
        if os.path.exists(f"{folder}/{name}.onnx"):
            predicted["onnx"] = with_onnxruntime(f"{folder}/{name}.onnx", stamps)
        if has_keras and os.path.exists(f"{folder}/{name}.keras"):
            predicted["keras"] = with_keras(f"{folder}/{name}.keras", stamps)
        found[name] = {key: float(np.abs(values[:, -1] - expected).max()) for key, values in predicted.items()}
    print(json.dumps(found))


main(*sys.argv[1:])
