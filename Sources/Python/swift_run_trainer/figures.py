"""The figures of a run, inline."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Union

from .errors import fault
from .program import run

if TYPE_CHECKING:
    from .history import History

# How notebooks show them, after the dots an inch that they are drawn with.
_WIDTH = 640


class Figure:
    """A picture of a run, which a notebook shows.

    Attributes
    ----------
    name : str
        What it shows, such as `roc`.
    path : Path
        The `.png` file; beside it are `.svg`, the numbers (`.csv`) and what draws it (`.gnuplot`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem

    def __repr__(self) -> str:
        return f"<Figure {self.name} in {self.path}>"

    def _repr_png_(self) -> tuple[str, dict[str, int]]:
        return base64.b64encode(self.path.read_bytes()).decode("ascii"), {"width": _WIDTH}


def figures(run_folder: Union[History, str, os.PathLike], *names: str) -> list[Figure]:
    """Shows the figures of a run below the cell of a notebook.

    Parameters
    ----------
    run_folder : History or path
        A run that has ended.
    *names : str
        Those that are wanted, such as "history", "roc", "confusion"; without any all are.

    Returns
    -------
    list of Figure
        In the order of `names`, or of the report.

    Raises
    ------
    TrainerError
        For a name that the run has no figure of, and where gnuplot is missing (exit code 69).
    """
    run_path = run_folder if isinstance(run_folder, (str, os.PathLike)) else run_folder.folder
    folder = Path(run_path) / "figures"
    if not folder.is_dir():
        run(["report", "--run", str(folder.parent), "--quiet"])
    all_figures = {path.stem: Figure(path) for path in sorted(folder.glob("*.png"), key=_place)}
    if not all_figures:
        raise fault(str(folder), "holds no pictures", "install gnuplot and call figures again", 69)
    missing = [name for name in names if name not in all_figures]
    if missing:
        raise fault(f"figure {missing[0]}", "is none of this run", f"use {', '.join(all_figures)}")
    chosen = [all_figures[name] for name in names] if names else list(all_figures.values())
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            for figure in chosen:
                display(figure)
    return chosen


_ORDER = [
    "history",
    "histories",
    "steps",
    "confusion",
    "roc",
    "precision_recall",
    "error_rates",
    "completeness",
    "reliability",
    "scores",
    "stamps",
    "mistakes",
    "false_positives",
    "misses",
    "occlusion",
    "filters",
]


def _place(path: Path) -> tuple[int, str]:
    return (_ORDER.index(path.stem) if path.stem in _ORDER else len(_ORDER), path.stem)
