"""What `fit` shows while the program trains: Keras' lines, from the run's own files."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import Any

_BAR = 20


class Progress:
    """Follows `metrics.jsonl` of a run folder.

    Parameters
    ----------
    folder : path
        The run folder, which may not exist yet.
    verbose : int
        0 for nothing, 1 for a bar, 2 for a line an epoch.
    """

    def __init__(self, folder: Path, verbose: int) -> None:
        self._folder = folder
        self._path = folder / "metrics.jsonl"
        self._verbose = verbose
        # What the run settles: how many epochs it is to have, and steps of one.
        self._epochs: int | None = None
        self._steps: int | None = None
        self._stream = sys.stdout
        self._offset = self._size()
        self._epoch = 0
        self._start = time.monotonic()
        self._width = 0

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def update(self) -> None:
        """Shows what is new."""
        if not self._verbose or not self._path.exists():
            return
        if self._size() < self._offset:
            # A run that goes on has withdrawn steps that are done again.
            self._offset = 0
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        end = data.rfind(b"\n") + 1
        self._offset += end
        last = None
        for line in data[:end].splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if row.get("epoch", 0) < self._epoch:
                continue
            if row.get("kind") == "epoch":
                self._end(row)
                last = None
            elif row.get("kind") == "step":
                last = row
        if last is not None and self._verbose == 1:
            self._begin(last["epoch"])
            self._line(self._bar(last), "\r")
            self._stream.flush()

    def finish(self) -> None:
        """Leaves the line of a bar that is not full."""
        self.update()
        if self._width:
            self._stream.write("\n")
        self._stream.flush()

    def _begin(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        self._epoch = epoch
        self._learn()
        self._stream.write(f"Epoch {epoch}/{self._epochs}\n" if self._epochs else f"Epoch {epoch}\n")

    def _learn(self) -> None:
        """What the run itself has settled."""
        if self._steps is not None and self._epochs is not None:
            return
        try:
            settings = read_settings(self._folder)
        except (OSError, ValueError, KeyError):
            return
        self._epochs, self._steps = settings["epochs"], steps_of_epoch(settings)

    def _end(self, row: dict) -> None:
        self._begin(row["epoch"])
        self._learn()
        steps = self._steps or row["step"]
        head = f"{steps}/{steps}"
        if self._verbose == 1:
            head += f" {'━' * _BAR}"
        self._line(f"{head} - {row['seconds']:.0f}s - {_metrics(row)}", "\n")
        self._width = 0

    def _bar(self, row: dict) -> str:
        steps = self._steps or row["step"]
        step = (row["step"] - 1) % steps + 1
        full = _BAR * step // steps
        left = (steps - step) * (time.monotonic() - self._start) / max(row["step"], 1)
        return f"{step}/{steps} {'━' * full}{' ' * (_BAR - full)} {left:.0f}s - {_metrics(row)}"

    def _line(self, text: str, end: str) -> None:
        """Writes over the line that is there."""
        back = "\r" if self._width else ""
        self._stream.write(back + text.ljust(self._width) + end)
        self._width = len(text)


def _metrics(row: dict) -> str:
    names = [name for name in ("loss", "accuracy", "val_loss", "val_accuracy") if row.get(name) is not None]
    return " - ".join(f"{name}: {row[name]:.4f}" for name in names)


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings of a run, as resolved."""
    return json.loads((folder / "config.json").read_text())["settings"]


def steps_of_epoch(settings: dict[str, Any]) -> int:
    """How many steps an epoch has; the last may have fewer stamps."""
    return -(-settings["training_stamps"] // settings["batch_size"])


def read_history(path: Path) -> dict[str, list[float]]:
    """The columns of `history.csv`; those without a number in any row are left out."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns: dict[str, list[float]] = {}
    for name in rows[0] if rows else []:
        if all(row[name] not in ("", None) for row in rows):
            columns[name] = [float(row[name]) for row in rows]
    return columns


def wants(verbose: object) -> int:
    """How much is shown: of "auto" a bar in a notebook or on a terminal, else a line an epoch."""
    if verbose in ("auto", None):
        return 1 if sys.stdout.isatty() or "ipykernel" in sys.modules else 2
    return int(verbose)  # type: ignore[call-overload]
