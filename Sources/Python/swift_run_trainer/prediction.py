"""Trained models at work: the counterparts of Keras' `predict` and `evaluate`, and occlusion maps."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import keras_models
from .arrays import Handover, Stamps, labels
from .errors import fault
from .history import History
from .options import option_words
from .program import run
from .progress import read_settings


def _model_words(model: object, handover: Handover, options: Mapping[str, object]) -> list[str]:
    """The options that name the model, and how stamps come to it."""
    if isinstance(model, History):
        return ["--model", str(model.folder)]
    if isinstance(model, (str, os.PathLike)):
        return ["--model", os.fspath(model)]
    if isinstance(model, (list, tuple)) and model:
        words = [_model_words(each, handover, options) for each in model]
        names = [word for each in words for word in each[1:] if not word.startswith("-") and word != "none"]
        return ["--model", *names, *(["--normalize", "none"] if any("--normalize" in each for each in words) else [])]
    if keras_models.is_keras_model(model):
        path = keras_models.save(model, handover.path("model.keras"))
        # A model of Keras takes arrays as they are.
        return ["--model", path, *([] if "normalize" in options else ["--normalize", "none"])]
    raise fault("model", f"is a {type(model).__name__}", "give a History, a run folder, a model file or a Keras model")


def _inputs(x: object, name: str, handover: Handover, option: str) -> list[str]:
    """The options that name stamps, and their features where `x` is a pair of both."""
    stamps, features = split_features(x)
    files, layout = handover.stamps(stamps, name)
    words = [option, *files, *layout]
    return words if features is None else [*words, "--features", handover.columns(features, f"{name}_features")]


def split_features(x: object) -> tuple[Any, object | None]:
    """Stamps alone, or [stamps, features] as a model with two inputs takes them."""
    is_pair = isinstance(x, (list, tuple)) and len(x) == 2 and not isinstance(x[0], (str, os.PathLike))
    return (x[0], x[1]) if is_pair and getattr(x[0], "ndim", 0) > 1 else (x, None)  # type: ignore[index]


def _array(
    command: str,
    model: object,
    x: object,
    options: Mapping[str, object],
    asked: Mapping[str, object],
    ranks: int,
    launcher: str,
) -> np.ndarray:
    """What a command of the program writes of a model and stamps; `options` are the caller's, `asked` all of them."""
    with Handover() as handover:
        output = handover.path(f"{command}.npy")
        words = [
            command,
            *_model_words(model, handover, options),
            *_inputs(x, "x", handover, "--input"),
            "--output",
            output,
            *option_words({"quiet": True, **asked}),
        ]
        run(words, ranks=ranks, launcher=launcher)
        return np.load(output)


def predict(
    model: object,
    x: Stamps,
    *,
    ranks: int = 1,
    launcher: str = "mpirun",
    **options: object,
) -> np.ndarray:
    """Probabilities of stamps, as Keras' `predict` gives them.

    Parameters
    ----------
    model : History, run folder, model file, Keras model, or a list of them
        Several are averaged. A Keras model sees the array as it is; others prepare stamps as in their training.
    x : array (N, height, width, channels), (N, height, width) or (N, pixels); or names of files
        For a model with two inputs, [stamps, features].
    ranks, launcher
        As of `fit`.
    **options
        Those of `swift-run-trainer predict`, such as `augment_passes=True`, `layer="flatten"`, `threads=4`.

    Returns
    -------
    array (N, outputs) of float32
        NaN for stamps that cannot be normalised.
    """
    return _array("predict", model, x, options, options, ranks, launcher)


def evaluate(
    model: object,
    x: Stamps,
    y: object,
    *,
    return_dict: bool = False,
    class_names: str | list[str] | None = None,
    ranks: int = 1,
    launcher: str = "mpirun",
    **options: object,
) -> list[float] | dict[str, Any]:
    """Loss and accuracy on labelled stamps, as Keras' `evaluate` gives them.

    Parameters
    ----------
    model, x
        As of `predict`.
    y : array (N,), (N, 1) or (N, K)
        As of `fit`.
    return_dict : bool
        Whether all that the program measures is wanted, by its name.
    class_names : list of str, optional
        As of `fit`; those of the model are found again by the labels' numbers.
    **options
        Those of `swift-run-trainer evaluate`, such as `bootstrap=1000` for intervals (0 otherwise).

    Returns
    -------
    [loss, accuracy], or a dictionary with `loss`, `accuracy`, `roc_auc`, `confusion_matrix` and others
    """
    with Handover() as handover:
        classes = _known_classes(model)
        array, numbered = labels(y, "y", None if classes is None else len(classes))
        names = class_names if class_names is not None else (classes or numbered)
        words = [
            "evaluate",
            *_model_words(model, handover, options),
            *_inputs(x, "x", handover, "--stamps"),
            "--labels",
            handover.file(array, "y"),
            *option_words({"class_names": names, "json": True, "bootstrap": 0, "quiet": True, **options}),
        ]
        measured = json.loads(run(words, ranks=ranks, launcher=launcher))
    return measured if return_dict else [float(measured["loss"]), float(measured["accuracy"])]


def _known_classes(model: object) -> list[str] | None:
    """The classes of a run, in their order."""
    folder = (
        model.folder if isinstance(model, History) else Path(model) if isinstance(model, (str, os.PathLike)) else None
    )
    if folder is None or not (folder / "config.json").is_file():
        return None
    return read_settings(folder).get("class_names", ["noise", "source"])


def occlusion(
    model: object,
    x: Stamps,
    *,
    index: int | None = None,
    window: int = 5,
    stride: int = 1,
    ranks: int = 1,
    launcher: str = "mpirun",
    **options: object,
) -> np.ndarray:
    """Maps of where a network looks: 1 − the probability of a class while a window is covered.

    Parameters
    ----------
    model, x
        As of `predict`.
    index : int, optional
        One stamp, counted from 0; all without it.
    window, stride : int
        The side of the square that is covered, and the pixels from one position to the next.
    **options
        Those of `swift-run-trainer occlusion`, such as `class_="source"`.

    Returns
    -------
    array (N, height, width), or (height, width) of one stamp
    """
    asked = {"index": index, "window": window, "stride": stride, **options}
    return _array("occlusion", model, x, options, asked, ranks, launcher)
