"""Writes layer_outputs/NAME.safetensors: what every layer of some models gives, as Keras computes it.

Needs the packages of requirements.txt; run it without arguments from any folder, as make_keras_reference.py.
The models are those of keras_archives/ and keras_legacy/. A layer's output is that of `Model(inputs, layer.output)`, of a
layer in a model inside that of the layer where that model is called; further calls have numbers behind the name.
"""

import reference_values  # first: configures TensorFlow

import pathlib

import keras
import numpy as np

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "layer_outputs"
MODELS = [
    "keras_archives/chain",
    "keras_archives/branches",
    "keras_archives/features",
    "keras_archives/elements-13x12x2",
    "keras_legacy/keras3",
]
SAMPLES = 2


def calls(model):
    """The layers of a model, and what operators have become, each with its calls in their order."""
    functional = model._functional if isinstance(model, keras.Sequential) else model
    nodes = [node for depth in functional._nodes_by_depth.values() for node in depth]
    operations = list(dict.fromkeys(node.operation for node in nodes))
    return [(operation, [node for node in operation._inbound_nodes if node in nodes]) for operation in operations]


def called(operation, number):
    return operation.name if number == 0 else f"{operation.name}_{number + 1}"


def outputs(model, inputs, inside=False):
    """Each layer's output by its name, given the model's inputs as arrays; inputs of models inside are no layers."""
    found = {}
    for operation, nodes in calls(model):
        if inside and isinstance(operation, keras.layers.InputLayer):
            continue
        for number, node in enumerate(nodes):
            name = called(operation, number)
            if not isinstance(operation, keras.Model):
                part = keras.Model(model.inputs, node.output_tensors[0])
                found[name] = np.array(part.predict(inputs, verbose=0))
                continue
            # A model inside: its layers, given what it is called with.
            values = keras.Model(model.inputs, node.input_tensors[0]).predict(inputs, verbose=0)
            for inner, output in outputs(operation, [values], inside=True).items():
                found[inner if number == 0 else f"{inner}_{number + 1}"] = output
    return found


def main():
    for path in MODELS:
        model = keras.models.load_model(HERE / f"{path}.keras")
        random = np.random.default_rng(8)
        inputs = [random.normal(size=(SAMPLES, *x.shape[1:])).astype(np.float32) for x in model.inputs]
        tensors = {f"output/{name}": value for name, value in outputs(model, inputs).items()}
        for value in inputs:
            tensors["features" if value.ndim == 2 else "stamps"] = value
        reference_values.save(pathlib.Path(path).name, tensors, {}, folder=FOLDER)


if __name__ == "__main__":
    main()
