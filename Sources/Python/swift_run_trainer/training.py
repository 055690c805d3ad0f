"""`fit`: training as Keras has it, by the program."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from . import keras_models
from .arrays import Handover, Stamps, labels
from .errors import TrainerError, fault
from .history import History
from .options import option_words
from .prediction import split_features
from .program import Process
from .progress import Progress, wants

_STOPPED = 75


def fit(
    model: object,
    x: Stamps,
    y: object,
    *,
    batch_size: int | str | None = None,
    epochs: int | None = None,
    verbose: int | str = "auto",
    validation_split: float = 0.0,
    validation_data: tuple | None = None,
    test_data: tuple | None = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | str | None = None,
    sample_weight: object | None = None,
    class_names: str | Sequence[str] | None = None,
    output: str | os.PathLike | None = None,
    resume: bool = False,
    ranks: int = 1,
    launcher: str | Sequence[str] = "mpirun",
    **options: object,
) -> History:
    """Trains a network as Keras' `model.fit` does, and as fast as the program is.

    Parameters
    ----------
    model : Keras model, name, model file or History
        A Keras model is trained from its present weights on, with the optimizer and the loss that it was compiled with,
        and has the trained weights afterwards (not the optimizer's state). A name is "vgg6", "simple", "resnet18" or
        another that `swift-run-trainer train --model` takes, such as a model file; a History goes on from its weights.
    x : array (N, height, width, channels), (N, height, width) or (N, pixels); or names of files
        The network sees the numbers as they are, unless `normalize` or a `recipe` says otherwise. An array that
        `numpy.load(FILE, mmap_mode="r")` gave is read where it is. For a network with two inputs, [stamps, features].
    y : array (N,), (N, 1) or (N, K)
        The number of each stamp's class from 0, or one-hot rows, or texts.
    batch_size, epochs : int, optional
        256 and 10, or those of a `recipe`.
    verbose : "auto", 0, 1 or 2
        Nothing, a bar, a line an epoch; "auto" is 1 in a notebook or a terminal.
    validation_split : float
        The share of the stamps at the end that is kept for validation.
    validation_data, test_data : (x, y)
        Stamps for validation, and for the test at the end, whose results are `History.metrics` and in the report.
    shuffle : bool
        Each epoch has an order of its own; False is refused.
    class_weight : dict or "balanced", optional
        The weight of each class in the loss.
    sample_weight : array (N,), optional
        The weight of each stamp in the loss.
    class_names : sequence of str, optional
        What the classes are called; their numbers otherwise.
    output : path, optional
        The run folder; otherwise the first of `runs/NAME-1`, `runs/NAME-2`, … that there is not.
    resume : bool
        Whether to go on from the newest checkpoint in `output`.
    ranks : int
        How many processes train together, started by `launcher`. The result is the same for any number.
    launcher : str
        `mpirun`, with options of its own: "mpirun --oversubscribe".
    **options
        All others of `swift-run-trainer train`: `learning_rate=0.01`, `augment="all"`, `early_stopping="val_loss"`,
        `dropout=False` (`--no-dropout`). They go before what a model was compiled with.

    Returns
    -------
    History

    Raises
    ------
    TrainerError
        With the program's own line.
    KeyboardInterrupt
        After Ctrl-C, when the run has stopped behind a step and its checkpoint is written; `resume=True` goes on.
    """
    if not shuffle:
        raise fault("shuffle=False", "is not known: each epoch has a random order of its own", "leave it out")
    if validation_split and validation_data is not None:
        raise fault("validation_split", "does not go with validation_data", "leave one out")
    is_keras = keras_models.is_keras_model(model)
    settings: dict[str, object] = {}
    if is_keras:
        settings |= {k: v for k, v in keras_models.compiled_options(model).items() if k not in options}
    settings |= {"epochs": epochs, "batch_size": batch_size, "class_weights": _class_weights(class_weight)}
    if "recipe" not in options:
        # Plain steps, as Keras takes them.
        settings["recipe"] = "notebook"
        if "normalize" not in options:
            settings["normalize"] = "none"
    folder = Path(os.fspath(output)) if output is not None else _next_folder(model)
    shown = wants(verbose)
    with Handover() as handover:
        count = keras_models.outputs(model) if is_keras else None
        words, names = _labelled("", x, y, handover, count)
        for part, data in (("validation", validation_data), ("test", test_data)):
            if data is not None:
                part_words, more = _labelled(f"{part}-", *_pair(data, part), handover, count)
                words += part_words
                names = max(names, more, key=len) if names and more else names
        if "split" not in options and "split_by" not in options and "folds" not in options:
            settings["split"] = "1,0,0"
        if validation_split:
            settings["split_by"] = _parts(y, validation_split, handover)
        if sample_weight is not None:
            settings["sample_weights"] = handover.columns(np.asarray(sample_weight), "sample_weight")
        settings["class_names"] = class_names if class_names is not None else names
        settings |= {"output": str(folder), "resume": resume, "quiet": True}
        settings = {key: value for key, value in settings.items() if value is not False} | options
        _train(
            ["train", "--model", _model_file(model, handover), *words, *option_words(settings)],
            folder,
            shown,
            ranks,
            launcher,
        )
        if is_keras:
            keras_models.load_weights(model, str(folder / "model.keras"))
    return History(folder, model if is_keras else None, shown)


def _train(words: list[str], folder: Path, shown: int, ranks: int, launcher: str | Sequence[str]) -> None:
    """Runs the program and shows its progress."""
    progress = Progress(folder, shown)
    process = Process(words, ranks, launcher)
    try:
        process.wait(progress.update)
    except KeyboardInterrupt:
        progress.finish()
        print(f"stopped; the checkpoint is in {folder}: go on with output={str(folder)!r}, resume=True", flush=True)
        raise
    except TrainerError as error:
        if error.exit_code == _STOPPED:
            progress.finish()
        raise
    progress.finish()


def _labelled(
    prefix: str, x: object, y: object, handover: Handover, outputs: int | None
) -> tuple[list[str], list[str] | None]:
    """The options for stamps of one part with their labels, and the names of the classes."""
    name = prefix.replace("-", "_")
    stamps, features = split_features(x)
    files, layout = handover.stamps(stamps, f"{name}x")
    words = [f"--{prefix}stamps", *files, *(layout if not prefix else [])]
    if features is not None:
        words += [f"--{prefix}features", handover.columns(features, f"{name}features")]
    if isinstance(y, (str, os.PathLike)):
        return [*words, f"--{prefix}labels", os.fspath(y)], None
    array, names = labels(y, f"{name}y", outputs)
    count = len(stamps) if hasattr(stamps, "ndim") else len(array)
    if count != len(array):
        raise fault(f"{name}y", f"has {len(array)} labels for {count} stamps", "give one for each stamp")
    return [*words, f"--{prefix}labels", handover.file(array, f"{name}y")], names


def _pair(data: object, part: str) -> tuple[object, object]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise fault(f"{part}_data", "is not (x, y)", "give a pair of stamps and labels")
    return data[0], data[1]


def _parts(y: object, share: float, handover: Handover) -> str:
    """The part of each stamp: as in Keras the last ones are for validation."""
    if isinstance(y, (str, os.PathLike)):
        raise fault("validation_split", "needs labels in an array", "give validation_data, or split='0.9,0.1,0'")
    count = len(np.asarray(y))
    first = int(count * (1 - share))
    if not 0 < share < 1 or not 0 < first < count:
        raise fault(f"validation_split={share}", "leaves a part empty", "give a share between 0 and 1")
    return handover.file(np.where(np.arange(count) < first, "training", "validation"), "parts")


def _class_weights(weights: Mapping[int, float] | str | None) -> str | None:
    if weights is None or isinstance(weights, str):
        return weights
    count = max(weights) + 1
    return ",".join(str(float(weights.get(label, 1.0))) for label in range(count))


def _model_file(model: object, handover: Handover) -> str:
    """What `--model` names: a network that is known, or a file."""
    if isinstance(model, History):
        return str(model.weights)
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model)
    if keras_models.is_keras_model(model):
        return keras_models.save(model, handover.path("model.keras"))
    raise fault("model", f"is a {type(model).__name__}", "give a Keras model, a name such as 'vgg6', or a model file")


def _next_folder(model: object) -> Path:
    """The first of runs/NAME-1, runs/NAME-2, … that there is not."""
    if isinstance(model, (str, os.PathLike)):
        name = Path(os.fspath(model)).stem
    else:
        name = str(getattr(model, "name", "model"))
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return folder
