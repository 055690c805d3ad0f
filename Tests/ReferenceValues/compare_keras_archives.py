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
        # Not their classes: ReLU() and Activation("relu") are the same. Nor whether they are layers: so are a + b and Add.
        operations = getattr(model, "operations", model.layers)
        layers.append([(operation.name, tuple(operation.output.shape)) for operation in operations])
        # Their numbers, not their names: LayerScale's has one that depends on what was built before.
        numbered = [(f"{layer.name}/{n}", w) for layer in model.layers for n, w in enumerate(layer.weights)]
        weights.append({name: weight.numpy() for name, weight in numbered})
    assert type(models[0]) is type(models[1]), models
    assert layers[0] == layers[1], layers
    assert weights[0].keys() == weights[1].keys()
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name], name)
    # Inputs in their order: a model with two takes a list.
    names = [[tensor.name for tensor in model.inputs] for model in models]
    assert names[0] == names[1], names
    random = np.random.default_rng(1)
    inputs = [random.normal(size=(16, *tensor.shape[1:])).astype(np.float32) for tensor in models[0].inputs]
    predictions = [np.asarray(model(inputs if len(inputs) > 1 else inputs[0], training=False)) for model in models]
    np.testing.assert_array_equal(*predictions)
    assert np.ptp(predictions[0]) > 0.01, "these stamps tell nothing"


for first, second in zip(sys.argv[1::2], sys.argv[2::2]):
    compare(first, second)
    print("equal:", second)
