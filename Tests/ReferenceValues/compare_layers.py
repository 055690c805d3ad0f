"""Prints how far layers are from Keras in double precision, and Keras in single precision beside them.

Usage: compare_layers.py FOLDER, where the tests of single layers wrote what they computed:
    LAYER_VALUES=FOLDER swift test --filter 'KerasElementTests|KerasConvolutionTests|KerasLayerTests'
Every case of make_keras_layer_reference.py, make_keras_convolution_reference.py and make_keras_elements_reference.py
is computed in float64 again. A row is a kind of layer: the worst of its cases, as max |a − b| / max |b|.
"""

import collections
import pathlib
import sys

import reference_values  # first: configures TensorFlow

import numpy as np

import make_keras_convolution_reference as convolutions
import make_keras_elements_reference as elements
import make_keras_layer_reference as single_layers

PASSES = ("forward", "input gradient", "weight gradient")


def pass_of(tensor):
    if tensor.startswith("input_gradient"):
        return PASSES[1]
    return PASSES[2] if tensor.startswith("gradient/") else PASSES[0]


def deviation(values, exact):
    """max |a − b| / max |b|; where all of b is rounding, as x / x leaves of its gradient, max |a − b|."""
    if np.abs(exact).max(initial=0) < 1e-9:
        return np.abs(values - exact).max(initial=0)
    return reference_values.deviation(values, exact)


def in_both_precisions(run, name):
    single = run(name)
    with reference_values.precision("float64"):
        return single, run(name)


def compare(here, single, double, name, row):
    """Adds the deviations of one case to a row; returns how many tensors the tests had written."""
    count = 0
    for tensor, exact in double.items():
        path = here / name / tensor.replace("/", ".")
        if not path.exists():
            continue
        values = np.fromfile(path, "<f4").reshape(np.shape(exact))
        deviations = [deviation(each, exact) for each in (values, single[tensor])]
        worst = row.setdefault(pass_of(tensor), [0, 0])
        row[pass_of(tensor)] = [max(pair) for pair in zip(worst, deviations)]
        count += 1
    return count


def kind_of(words):
    """The layer's class, or the operator's; of activations each by itself."""
    kind, config = words["class_name"], words["config"]
    if kind == "Activation":
        return config["activation"]
    return f"operator {kind}" if words["module"].startswith("keras.src.ops") else kind


def main():
    folder, rows, cases, tensors = pathlib.Path(sys.argv[1]), collections.defaultdict(dict), 0, 0
    for file, adds in {
        "layers": ("convolutions", "dense", "pooling", "normalization", "activations", "shape_changes"),
        "convolutions": ("depthwise", "separable", "dilated_and_grouped", "transposed"),
    }.items():
        single_layers.CASES.clear()
        for add in adds:
            getattr(convolutions if file == "convolutions" else single_layers, add)()
        for name, (kind, _, _, configuration) in single_layers.CASES.items():
            (_, single), (_, double) = in_both_precisions(single_layers.run, name)
            if max(configuration.get("dilation_rate", [1])) > 1:
                kind += ", dilated"
            if configuration.get("groups", 1) > 1:
                kind += ", in groups"
            if kind == "Activation":
                kind = configuration["activation"]
            tensors += compare(folder / file, single, double, name, rows[kind])
            cases += 1
    for add in (elements.activations, elements.merging, elements.operators, elements.shapes, elements.normalizations):
        add()
    for name in elements.CASES:
        (words, _, single), (_, _, double) = in_both_precisions(elements.run, name)
        tensors += compare(folder / "elements", single, double, name, rows[kind_of(words)])
        cases += 1
    print(f"{cases} cases, {tensors} tensors\n")
    print(f"| layer | {' | '.join(PASSES)} |\n|---|---|---|---|")
    for kind, row in sorted(rows.items(), key=lambda item: item[0].lower()):
        pairs = (row.get(name) for name in PASSES)
        numbers = (f"{pair[0]:.0e} ({pair[1]:.0e})".replace("0e+00", "0") if pair else "" for pair in pairs)
        print(f"| {kind} | {' | '.join(numbers)} |")


if __name__ == "__main__":
    main()
