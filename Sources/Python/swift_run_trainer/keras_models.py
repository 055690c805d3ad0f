"""Models of Keras: recognised without importing Keras, which is imported only where one of its models is wanted."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import fault

_LOSSES = {
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "categorical_focal_crossentropy",
    "binary_focal_crossentropy",
}
# The program's constants, which are Keras' own defaults.
_FIXED = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
_OPTIMIZERS = {"sgd": "sgd", "adam": "adam", "adamw": "adamw"}


def is_keras_model(model: object) -> bool:
    """Whether a model is one of Keras (of the package `keras`, or the one in TensorFlow)."""
    return any(
        kind.__name__ == "Model" and kind.__module__.split(".")[0] in ("keras", "tensorflow", "tf_keras")
        for kind in type(model).__mro__
    )


def keras() -> Any:
    """The package that reads `.keras` files.

    Raises
    ------
    TrainerError
        When Keras is not installed (exit code 69).
    """
    try:
        return importlib.import_module("keras")
    except ImportError as error:
        raise fault("keras", "is not installed", "install it, or use the run folder's model.safetensors", 69) from error


def save(model: Any, path: str) -> str:
    """Writes a model, with its weights, as a `.keras` file; returns the path."""
    try:
        model.save(path)
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise fault(
            "model", f"cannot be saved by Keras ({first})", "build it by calling it, or by giving it an Input"
        ) from error
    return path


def outputs(model: Any) -> int | None:
    """How many outputs a model has; None where it does not say."""
    shape = getattr(model, "output_shape", None)
    return int(shape[-1]) if isinstance(shape, tuple) and shape and shape[-1] is not None else None


def load_weights(model: Any, path: str) -> None:
    """Gives a model the weights of a `.keras` file of the same network. The optimizer's state stays as it is.

    Layers are found by their names, those of models inside too; or by their order, where the file has others.
    """
    sources = _leaves(keras().saving.load_model(path, compile=False))
    targets = _leaves(model)
    named = {layer.name: layer for layer in sources}
    if len(named) == len(sources) and {layer.name for layer in targets} == set(named):
        pairs = [(named[layer.name], layer) for layer in targets]
    else:
        pairs = [*zip(sources, targets)] if len(sources) == len(targets) else [(None, targets[0])]
    for source, target in pairs:
        shapes = [tuple(each.shape) for each in target.get_weights()]
        if source is None or [tuple(each.shape) for each in source.get_weights()] != shapes:
            raise fault(path, f"has no weights for the layer {target.name}", "read the model with History.model", 70)
    for source, target in pairs:
        target.set_weights(source.get_weights())


def _leaves(model: Any) -> list[Any]:
    """The layers with weights, those of models inside a model in the place of these; each once."""
    found: list[Any] = []
    for layer in model.layers:
        inside = _leaves(layer) if hasattr(layer, "layers") else [layer]
        found += [each for each in inside if each.weights and not any(each is other for other in found)]
    return found


def compiled_options(model: Any) -> dict[str, object]:
    """The options that ask for what a model was compiled with; none for one that was not.

    Raises
    ------
    TrainerError
        For an optimizer or a loss that the program has not.
    """
    if not getattr(model, "compiled", getattr(model, "optimizer", None) is not None):
        return {}
    return {**_optimizer(model.optimizer), **_loss(getattr(model, "loss", None))}


def _optimizer(optimizer: Any) -> dict[str, object]:
    name = type(optimizer).__name__.lower()
    settings = optimizer.get_config()
    if name not in _OPTIMIZERS:
        raise fault(
            f"optimizer {type(optimizer).__name__}",
            "is not known",
            "compile with SGD, Adam or AdamW, or give fit optimizer='lamb' or 'lars'",
        )
    for key, fixed in _FIXED.items():
        value = settings.get(key, fixed)
        if value != fixed and not (isinstance(fixed, float) and abs(value - fixed) <= 1e-6 * fixed):
            raise fault(f"optimizer {key}={value}", f"is always {fixed} here", "leave it as it is")
    rate = settings["learning_rate"]
    if not isinstance(rate, (int, float)):
        raise fault(
            "optimizer learning_rate", "is a schedule", "give a number, and fit schedule='cosine', 'step' or another"
        )
    for key in ("clipnorm", "clipvalue"):
        if settings.get(key) is not None:
            raise fault(f"optimizer {key}={settings[key]}", "is not known", "use global_clipnorm")
    options: dict[str, object] = {"optimizer": _OPTIMIZERS[name], "learning_rate": float(rate)}
    if name == "sgd" and settings.get("momentum"):
        options["momentum"] = float(settings["momentum"])
        if settings.get("nesterov"):
            options["nesterov"] = True
    if settings.get("weight_decay") is not None:
        options["weight_decay"] = float(settings["weight_decay"])
    if settings.get("global_clipnorm") is not None:
        options["clip_norm"] = float(settings["global_clipnorm"])
    if settings.get("use_ema"):
        options["ema"] = float(settings["ema_momentum"])
    return options


def _loss(loss: Any) -> dict[str, object]:
    if loss is None:
        return {}
    if isinstance(loss, str):
        name, settings = loss, {}
    elif hasattr(loss, "get_config"):
        name, settings = _snake(type(loss).__name__), loss.get_config()
    else:
        name, settings = getattr(loss, "__name__", type(loss).__name__), {}
    if name not in _LOSSES:
        raise fault(f"loss {name}", "is not known", "compile with a cross-entropy, such as 'categorical_crossentropy'")
    options: dict[str, object] = {}
    if settings.get("from_logits"):
        options["from_logits"] = True
    if settings.get("label_smoothing"):
        options["label_smoothing"] = float(settings["label_smoothing"])
    if "focal" in name:
        balanced = (
            settings.get("apply_class_balancing", False) if "binary" in name else settings.get("alpha", 0.25) != 1
        )
        if balanced:
            raise fault(f"loss {name}", "weights classes by alpha", "use alpha=1 and fit's class_weight")
        options["loss"] = f"focal={settings.get('gamma', 2.0)}"
    return options


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


__all__ = [
    "compiled_options",
    "is_keras_model",
    "keras",
    "load_weights",
    "outputs",
    "save",
]
