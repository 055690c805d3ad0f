"""Opens .keras files in Keras and compares them with others: compare_keras_archives.py FIRST SECOND [FIRST SECOND …].

The models of each pair must have layers of the same names and shapes, equal weights and equal predictions. Run by KerasFormatTests where
Keras is installed.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np


def compare(first, second):
    models = [keras.models.load_model(path) for path in (first, second)]
    layers, weights = [], []
    for model in models:
        # Not their classes: ReLU() and Activation("relu") are the same.
        layers.append([(layer.name, tuple(layer.output.shape)) for layer in model.layers])
        weights.append({f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights})
    assert type(models[0]) is type(models[1]), models
    assert layers[0] == layers[1], layers
    assert weights[0].keys() == weights[1].keys()
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name], name)
    stamps = np.random.default_rng(1).normal(size=(16, *models[0].input_shape[1:])).astype(np.float32)
    predictions = [np.asarray(model(stamps, training=False)) for model in models]
    np.testing.assert_array_equal(*predictions)
    assert np.ptp(predictions[0]) > 0.01, "these stamps tell nothing"


for first, second in zip(sys.argv[1::2], sys.argv[2::2]):
    compare(first, second)
    print("equal:", second)
