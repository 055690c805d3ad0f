"""Predicts with onnxruntime: predict_with_onnxruntime.py MODEL PROBABILITIES NAME=VALUES….

VALUES, one file for each of the model's inputs by its name, and PROBABILITIES are files of raw little-endian float32 in C order. Only the model's input and output names and
shapes tell what they mean, as for any user of an .onnx file. The tests of ONNXFormat run this where onnxruntime is installed.
"""

import sys

import numpy as np
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None


def main(model, probabilities, *inputs):
    if onnx:
        onnx.checker.check_model(onnx.load(model), full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    files = dict(argument.split("=", 1) for argument in inputs)
    (result,) = session.get_outputs()
    assert [source.name for source in session.get_inputs()] == list(files), session.get_inputs()
    assert (result.name, result.type) == ("probabilities", "tensor(float)"), result
    values = {}
    for source in session.get_inputs():
        assert source.type == "tensor(float)", source
        values[source.name] = np.fromfile(files[source.name], "<f4").reshape(-1, *source.shape[1:])
    predicted = session.run([result.name], values)[0]
    (count,) = {len(value) for value in values.values()}
    assert predicted.shape == (count, *result.shape[1:]), predicted.shape
    predicted.astype("<f4").tofile(probabilities)


main(*sys.argv[1:])
