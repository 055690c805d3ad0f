"""Predicts with onnxruntime: predict_with_onnxruntime.py MODEL STAMPS PROBABILITIES.

STAMPS and PROBABILITIES are files of raw little-endian float32 in C order. Only the model's input and output names and
shapes tell what they mean, as for any user of an .onnx file. The tests of ONNXFormat run this where onnxruntime is installed.
"""

import sys

import numpy as np
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None


def main(model, stamps, probabilities):
    if onnx:
        onnx.checker.check_model(onnx.load(model), full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    (result,) = session.get_outputs()
    assert (source.name, source.type) == ("stamps", "tensor(float)"), source
    assert (result.name, result.type) == ("probabilities", "tensor(float)"), result
    values = np.fromfile(stamps, "<f4").reshape(-1, *source.shape[1:])
    predicted = session.run([result.name], {source.name: values})[0]
    assert predicted.shape == (len(values), *result.shape[1:]), predicted.shape
    predicted.astype("<f4").tofile(probabilities)


main(*sys.argv[1:])
