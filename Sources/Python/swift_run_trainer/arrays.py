"""Arrays go to the program as files: those that are on disk already by their names, others through memory.

numpy.save writes an array once, into a folder in /dev/shm, which is memory with names; the program reads these pages.
Nothing of it outlives the call.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Union

import numpy as np

from .errors import fault

# An array, or the name of a file with one (or of several that are read as one).
Stamps = Union[np.ndarray, str, os.PathLike, Sequence[Union[str, os.PathLike]]]

_MEMORY = Path("/dev/shm")
_PREFIX = "swift-run-trainer-"


class Handover:
    """A folder for arrays on their way to the program; removed at the end.

    Use it in a `with` statement. The folder is in `/dev/shm` while that has room, else in that of temporary files
    (`$TMPDIR`).
    """

    def __init__(self) -> None:
        self._folders: list[Path] = []

    def __enter__(self) -> Handover:
        _remove_abandoned()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def path(self, name: str, size: int = 1 << 20) -> str:
        """The path for a new file of about so many bytes."""
        for parent in (_MEMORY, Path(tempfile.gettempdir())):
            try:
                if shutil.disk_usage(parent).free < size + (16 << 20) and parent == _MEMORY:
                    continue
                folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
            except OSError:
                continue
            self._folders.append(folder)
            return str(folder / name)
        raise fault(tempfile.gettempdir(), "cannot be written", "name another folder in TMPDIR", 74)

    def file(self, array: np.ndarray, name: str) -> str:
        """A `.npy` file with the array's values: its own where it is one, else a new one."""
        own = npy_file(array)
        if own is not None:
            return own
        path = self.path(f"{name}.npy", array.nbytes)
        try:
            np.save(path, array, allow_pickle=False)
        except OSError as error:
            raise fault(path, f"cannot be written ({error.strerror})", "free memory or disk space", 74) from error
        return path

    def stamps(self, x: Stamps, name: str) -> tuple[list[str], list[str]]:
        """The files of stamps, and the options that say how they are laid out.

        Parameters
        ----------
        x : array (N, height, width, channels), (N, height, width) or (N, pixels), or names of files
        name : str
            What the array is called, for messages and its file.
        """
        if isinstance(x, (str, os.PathLike)):
            return [os.fspath(x)], []
        if _are_names(x):
            return [os.fspath(each) for each in x], []  # type: ignore[union-attr]
        array = _numbers(x, name)
        if array.ndim not in (2, 3, 4):
            raise fault(
                name,
                f"has the shape {array.shape}",
                "give (N, height, width, channels), (N, height, width) or (N, pixels)",
            )
        if len(array) == 0:
            raise fault(name, "holds no stamps", "give at least one")
        layout = {2: "flat", 3: None, 4: "nhwc"}[array.ndim]
        return [self.file(array, name)], ["--layout", layout] if layout else []

    def columns(self, values: object, name: str) -> str:
        """The file of numbers that stand beside the stamps, a row for each."""
        if isinstance(values, (str, os.PathLike)):
            return os.fspath(values)
        return self.file(_numbers(values, name), name)


def npy_file(array: np.ndarray) -> str | None:
    """The `.npy` file that holds exactly this array, if there is one: `numpy.load(FILE, mmap_mode="r")` gave it."""
    name = getattr(array, "filename", None)
    if not isinstance(array, np.memmap) or name is None or array.mode == "c":
        return None
    path = os.path.abspath(os.fspath(name))
    try:
        whole = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    is_same = (
        isinstance(whole, np.memmap)
        and whole.dtype == array.dtype
        and whole.shape == array.shape
        and whole.strides == array.strides
        # A part of a mapping has the offset of the whole.
        and array.base is not None
        and not isinstance(array.base, np.ndarray)
        and whole.offset == array.offset
    )
    if not is_same:
        return None
    if array.mode != "r":
        array.flush()
    return path


def labels(y: object, name: str, outputs: int | None = None) -> tuple[np.ndarray, list[str] | None]:
    """The class of each stamp, and the names of the classes as they are numbered.

    Parameters
    ----------
    y : array (N,), (N, 1) or (N, K)
        Whole numbers, booleans or texts; of (N, K) each row has one 1 and zeros.
    name : str
        For messages.
    outputs : int, optional
        Those of the network; None where it takes as many classes as there are.

    Returns
    -------
    labels : array (N,) of int64 or of texts
    names : list of str, or None for texts, which name themselves
    """
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind in "US" and array.ndim == 1:
        return array.astype(str), None
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size == 0:
        raise fault(
            name, f"is {array.dtype} of shape {array.shape}", "give the number of each stamp's class, or one-hot rows"
        )
    if array.ndim == 2:
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise fault(
                name,
                "has rows that are not one-hot",
                "give each row one 1 and zeros: targets between them are not known",
            )
        return array.argmax(axis=1).astype(np.int64), [str(label) for label in range(array.shape[1])]
    if not (np.isfinite(array).all() and (array == np.floor(array)).all() and array.min() >= 0):
        raise fault(name, "has values that are no numbers of classes", "give whole numbers from 0")
    whole = array.astype(np.int64)
    count = max(int(whole.max()) + 1, 2, outputs if outputs is not None and outputs > 1 else 2)
    return whole, [str(label) for label in range(count)]


def _numbers(values: object, name: str) -> np.ndarray:
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise fault(name, f"has the type {array.dtype}", "give real numbers of at most 64 bits")
    return array


def _are_names(x: object) -> bool:
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(isinstance(each, (str, os.PathLike)) for each in x)


def _remove_abandoned() -> None:
    """Removes what processes of this user have left that were killed."""
    for parent in {_MEMORY, Path(tempfile.gettempdir())}:
        for folder in parent.glob(f"{_PREFIX}*"):
            owner = folder.name.removeprefix(_PREFIX).split("-")[0]
            try:
                if owner.isdigit() and folder.stat().st_uid == os.getuid():
                    os.kill(int(owner), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
            except OSError:
                continue


__all__ = ["Handover", "Stamps", "labels", "npy_file"]
