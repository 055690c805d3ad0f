#!/usr/bin/env python3
"""Writes Tests/ReferenceValues/numpy/official.safetensors with the safetensors package (pip install safetensors numpy)."""

import pathlib

import numpy
import safetensors.numpy

tensors = {
    "kernel": numpy.arange(6, dtype="float32").reshape(2, 3) - 2.5,
    "scalar": numpy.array(3, dtype="float32"),
    "empty": numpy.zeros((0, 3), dtype="float32"),
    "step": numpy.array([-1, 1 << 40], dtype="int64"),
    "half": numpy.array([0.5, -2], dtype="float16"),
    "mask": numpy.array([True, False, True]),
    "bytes": numpy.array([0, 255, 7], dtype="uint8"),
}
path = pathlib.Path(__file__).parent / "numpy" / "official.safetensors"
safetensors.numpy.save_file(tensors, path, metadata={'a "quoted" \\ key': "line\nbreak, é \U0001F52D"})
