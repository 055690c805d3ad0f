"""What the tests share: this checkout's package, stamps that can be told apart, a folder that is gone afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "Sources" / "Python"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

Data = tuple[np.ndarray, np.ndarray]


def made_stamps(count: int, seed: int, classes: int = 2) -> Data:
    """White noise with a Gaussian at the centre, as bright as the class's number."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    rows, columns = np.mgrid[-4:5, -4:5]
    star = np.exp(-(rows**2 + columns**2) / 4).astype(np.float32)
    stamps = generator.normal(size=(count, 9, 9)).astype(np.float32) + 2 * labels[:, None, None] * star
    return stamps[..., None], labels


@pytest.fixture(scope="session")
def training() -> Data:
    """400 stamps of 9×9 pixels, and their classes."""
    return made_stamps(400, 1)


@pytest.fixture(scope="session")
def validation() -> Data:
    """100 others."""
    return made_stamps(100, 2)


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
