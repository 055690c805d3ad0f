"""What `fit` returns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import fault
from .figures import Figure
from .figures import figures as show_figures
from .keras_models import keras
from .progress import read_history, steps_of_epoch

# The columns of history.csv that Keras' History has.
_KERAS = ("loss", "accuracy", "val_loss", "val_accuracy", "val_roc_auc", "val_average_precision")


class History:
    """The history of a training run, as that of Keras, and the run itself.

    Parameters
    ----------
    folder : path
        The folder of a run that has ended.
    model : Keras model, optional
        That which was trained; otherwise it is read when `model` is asked for.
    verbose : int
        As `params` repeats it.

    Attributes
    ----------
    history : dict of str to list of float
        `loss`, `accuracy`, `val_loss`, `val_accuracy` of each epoch; the last two where there is a validation set.
    epoch : list of int
        The epochs, from 0.
    params : dict
        `verbose`, `epochs` and `steps`.
    folder : Path
        The run folder: weights, figures, report, checkpoints.
    table : dict of str to list of float
        All columns of `history.csv`: also `learning_rate`, `seconds`, `samples_per_second`.
    """

    def __init__(self, folder: str | Path, model: Any = None, verbose: int = 0) -> None:
        self.folder = Path(folder)
        self._model = model
        self.table = read_history(self.folder / "history.csv")
        self.history = {name: self.table[name] for name in _KERAS if name in self.table}
        self.epoch = [int(number) - 1 for number in self.table.get("epoch", [])]
        settings = self.configuration["settings"]
        self.params = {"verbose": verbose, "epochs": settings["epochs"], "steps": steps_of_epoch(settings)}

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4f}" for name, values in self.history.items() if values)
        return f"<History of {len(self.epoch)} epochs in {self.folder}: {last}>"

    @property
    def configuration(self) -> dict[str, Any]:
        """`config.json`: every setting as resolved."""
        return json.loads((self.folder / "config.json").read_text())

    @property
    def metrics(self) -> dict[str, Any] | None:
        """`metrics.json`: the test set; None for a run without one."""
        path = self.folder / "metrics.json"
        return json.loads(path.read_text()) if path.exists() else None

    @property
    def weights(self) -> Path:
        """The trained model in one file, `model.safetensors`."""
        return self.folder / "model.safetensors"

    @property
    def report(self) -> Path:
        """The run as one page."""
        return self.folder / "report.html"

    @property
    def model(self) -> Any:
        """The trained Keras model: the one that was handed over, or else read from `model.keras` (imports Keras)."""
        if self._model is None:
            path = self.folder / "model.keras"
            if not path.exists():
                raise fault(str(path), "does not exist", "use the run folder's model.safetensors", 66)
            self._model = keras().saving.load_model(str(path), compile=False)
        return self._model

    def figures(self, *names: str) -> list[Figure]:
        """Shows figures of the run inline; as `swift_run_trainer.figures`."""
        return show_figures(self, *names)
