"""Keyword arguments become options of the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

# Options that take several words, or are given several times.
_SEVERAL_WORDS = {"sources", "noise", "class", "stamps", "channel", "input"}
_REPEATED = {"by", "freeze", "train-only"}


def option_words(options: Mapping[str, object]) -> list[str]:
    """The words of the command line for some options.

    Parameters
    ----------
    options : mapping
        `learning_rate=0.01` becomes `--learning-rate 0.01`, True a flag, False its opposite (`--no-dropout`), None
        nothing, a list `a,b,c`, or the option again for each of `by`, `freeze` and `train_only`. An underscore at the
        end is left out, so that `class_` can be given.

    Returns
    -------
    list of str
    """
    words: list[str] = []
    for key, value in options.items():
        name = key.rstrip("_").replace("_", "-")
        option = f"--{name}"
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(option if value else f"--no-{name}")
        elif isinstance(value, (str, os.PathLike)) or not isinstance(value, Iterable):
            words += [option, _text(value)]
        elif name in _REPEATED:
            for each in value:
                words += [option, _text(each)]
        elif name in _SEVERAL_WORDS:
            words += [option, *(_text(each) for each in value)]
        else:
            words += [option, ",".join(_text(each) for each in value)]
    return words


def _text(value: object) -> str:
    """A number as the program reads it: those of numpy as Python's."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        value = item()
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
