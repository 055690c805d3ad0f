"""Train networks for astronomical stamps from Python: the program swift-run-trainer over numpy arrays.

>>> import swift_run_trainer
>>> history = swift_run_trainer.fit(model, x, y, validation_data=(x_val, y_val), epochs=15)

`fit` trains a Keras model, or one that is named ("vgg6"), in another process, on all cores or on several ranks, and
returns what Keras' `fit` does. Only numpy is needed; Keras is imported when a Keras model is handed over or wanted.
"""

from ._version import VERSION
from .errors import TrainerError
from .figures import Figure, figures
from .history import History
from .prediction import evaluate, occlusion, predict
from .program import find_program, version
from .training import fit

__all__ = [
    "Figure",
    "History",
    "TrainerError",
    "evaluate",
    "figures",
    "find_program",
    "fit",
    "occlusion",
    "predict",
    "version",
]
__version__ = VERSION
