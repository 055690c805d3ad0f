"""How arrays become files and arguments become options. Nothing here starts the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from swift_run_trainer import TrainerError
from swift_run_trainer.arrays import Handover, labels, npy_file
from swift_run_trainer.options import option_words


def test_an_array_is_written_once_and_gone_afterwards() -> None:
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)[:, ::-1]
    with Handover() as handover:
        path = handover.file(array, "x")
        assert np.array_equal(np.load(path), array) and np.load(path).dtype == np.int16
        assert path.startswith("/dev/shm/") or not Path("/dev/shm").exists()
    assert not Path(path).exists() and not Path(path).parent.exists()


def test_a_mapped_file_is_handed_over_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "stamps.npy"
    np.save(path, np.arange(60.0).reshape(5, 3, 4))
    mapped = np.load(path, mmap_mode="r")
    with Handover() as handover:
        assert handover.file(mapped, "x") == str(path)
        for part in (mapped[1:], mapped[:, ::-1], mapped.reshape(5, 12), mapped.astype(np.float32), mapped + 1):
            assert npy_file(part) is None
            assert np.array_equal(np.load(handover.file(part, "x")), part)
    assert path.exists()
    assert npy_file(np.load(path, mmap_mode="c")) is None
    changed = np.load(path, mmap_mode="r+")
    changed[0, 0, 0] = 7
    assert npy_file(changed) == str(path) and np.load(path)[0, 0, 0] == 7


def test_a_mapping_that_is_no_npy_file_is_copied(tmp_path: Path) -> None:
    raw = np.memmap(tmp_path / "raw", dtype=np.float32, mode="w+", shape=(2, 3, 3))
    raw[:] = 5
    assert npy_file(raw) is None


def test_what_a_killed_process_left_is_removed() -> None:
    left = Path(
        subprocess.run(
            [sys.executable, "-c", _LEAVES], capture_output=True, text=True, check=True, env={"PYTHONPATH": _package()}
        ).stdout.strip()
    )
    assert left.exists()
    with Handover():
        assert not left.exists()


_LEAVES = """
import os
from swift_run_trainer.arrays import Handover
print(os.path.dirname(Handover().path("x.npy")), flush=True)
os._exit(0)
"""


def _package() -> str:
    import swift_run_trainer

    return str(Path(swift_run_trainer.__file__).parents[1])


@pytest.mark.parametrize(
    ("y", "expected", "names"),
    [
        ([0, 1, 1], [0, 1, 1], ["0", "1"]),
        ([[0.0], [1.0], [1.0]], [0, 1, 1], ["0", "1"]),
        ([[1, 0, 0], [0, 0, 1]], [0, 2], ["0", "1", "2"]),
        ([True, False], [1, 0], ["0", "1"]),
        ([0, 2], [0, 2], ["0", "1", "2"]),
        (["star", "artefact"], ["star", "artefact"], None),
    ],
)
def test_labels_of_all_kinds(y: list, expected: list, names: list[str] | None) -> None:
    found, classes = labels(np.array(y), "y")
    assert found.tolist() == expected and classes == names


def test_a_network_has_more_outputs_than_classes_occur() -> None:
    assert labels(np.array([0, 1]), "y", 4)[1] == ["0", "1", "2", "3"]
    assert labels(np.array([0, 1]), "y", 1)[1] == ["0", "1"]


@pytest.mark.parametrize("y", [[[0.5, 0.5]], [[1, 1]], [0.5, 1], [-1, 0], [np.nan, 0], [[[1]]], [1j, 0], []])
def test_what_is_no_label_is_refused(y: list) -> None:
    with pytest.raises(TrainerError, match=r"^y: ") as caught:
        labels(np.array(y), "y")
    assert caught.value.exit_code == 64 and "; " in caught.value.message


@pytest.mark.parametrize(
    "x", [np.zeros(3), np.zeros((2, 2, 2, 2, 2)), np.zeros((2, 3, 3), complex), np.zeros((0, 3, 3))]
)
def test_what_are_no_stamps_is_refused(x: np.ndarray) -> None:
    with Handover() as handover, pytest.raises(TrainerError, match=r"^x: "):
        handover.stamps(x, "x")


def test_arguments_become_options() -> None:
    words = option_words(
        {
            "learning_rate": np.float32(0.5),
            "calibrate": True,
            "dropout": False,
            "memory": None,
            "class_weights": (1, 2.5),
            "freeze": ["conv1", "block*"],
            "class_": "star",
            "features": Path("t.csv"),
            "channel": ["a=1.npy", "2.npy"],
            "epochs": np.int64(3),
        }
    )
    assert words == [
        *("--learning-rate", "0.5", "--calibrate", "--no-dropout", "--class-weights", "1,2.5", "--freeze", "conv1"),
        *("--freeze", "block*", "--class", "star", "--features", "t.csv", "--channel", "a=1.npy", "2.npy"),
        *("--epochs", "3"),
    ]
