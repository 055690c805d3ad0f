"""What the scripts that run Keras share: a deterministic Keras, two precisions, and the files.

Importing this module configures TensorFlow (one thread, deterministic kernels), so import it before Keras.
"""

import contextlib
import json
import os
import pathlib
import platform

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.experimental.enable_op_determinism()

FOLDER = pathlib.Path(__file__).parent / "keras"


@contextlib.contextmanager
def precision(dtype):
    """Makes `dtype` Keras' floating-point type for layers, losses and optimizers created inside."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)  # cached on first use: set_floatx alone would not reach the layers
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


def deviation(single, double):
    """max |single − double| / max |double|: how far single precision is from double over one tensor."""
    double = np.asarray(double, dtype=np.float64)
    scale = np.abs(double).max()
    difference = np.abs(np.asarray(single, dtype=np.float64) - double).max()
    return difference / scale if scale > 0 else difference


def with_tolerances(single, double, perturbed=(), compared=lambda name: True):
    """Adds `tolerance/NAME` (shape (1,)) beside every compared tensor: how well float32 determines it.

    That is the largest deviation from `double` of `single` and of each run of `perturbed`, whose initial
    weights were moved by a few roundings.
    """
    tensors = dict(single)
    for name in filter(compared, single):
        runs = [run[name] for run in (single, *perturbed)]
        tensors[f"tolerance/{name}"] = np.array([max(deviation(run, double[name]) for run in runs)])
    return tensors


def save(name, tensors, metadata, folder=FOLDER):
    """Writes `NAME.safetensors` into `folder` in float32, with the versions that made it in the metadata."""
    metadata = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        **metadata,
    }
    single = {key: np.array(value, dtype=np.float32, order="C") for key, value in tensors.items()}
    for key, value in single.items():
        assert np.isfinite(value).all(), f"{name}: {key} is not finite"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file(single, path, metadata=metadata)
    path.chmod(0o644)  # save_file keeps files private
    sort_metadata(path)
    print(f"{path.relative_to(folder.parent)}: {len(single)} tensors, {path.stat().st_size / 1000:.0f} kB")


def sort_metadata(path):
    """Sorts the metadata of a safetensors file: `save_file` shuffles it, and the same run shall give the same bytes."""
    data = path.read_bytes()
    start, length = 8, int.from_bytes(data[:8], "little")
    header = json.loads(data[start : start + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length)
    assert len(text) == length
    path.write_bytes(data[:start] + text + data[start + length :])
