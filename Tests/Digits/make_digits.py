#!/usr/bin/env python3
"""Writes scikit-learn's digits as stamps with labels, and a small network of Keras for them: make_digits.py FOLDER.

FOLDER/stamps.npy (1797, 8, 8) float32 with values of 0 to 16, FOLDER/labels.npy (1797) of 0 to 9, FOLDER/network.json as
`model.to_json()` gives it. Needs scikit-learn and Keras with any backend.
"""

import pathlib
import sys

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits


def make_network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    np.save(folder / "stamps.npy", digits.images.astype(np.float32))
    np.save(folder / "labels.npy", digits.target)
    (folder / "network.json").write_text(make_network().to_json())


if __name__ == "__main__":
    main()
