"""Writes networks into onnx/ as Keras exports them (`model.export(…, format="onnx")`, by tf2onnx): TrainerCommandTests
read them.

keras-NAME.onnx is the network, keras-NAME.npy has stamps (N, height, width, channels), and
keras-NAME-probabilities.npy what Keras says of them.
Needs Keras with TensorFlow, and tf2onnx (Keras 3.15, TensorFlow 2.21 and tf2onnx 1.17 made the files).
"""

import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).parent / "onnx"


def chain():
    return keras.Sequential([
        keras.Input((13, 12, 2)), layers.Rescaling(1 / 3, 0.1), layers.Conv2D(8, 3, padding="same"),
        layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2), layers.Dropout(0.2), layers.Conv2D(8, 3),
        layers.ReLU(6.0), layers.AveragePooling2D(3, 2, padding="same"), layers.Flatten(),
        layers.Dense(16, activation="elu"), layers.BatchNormalization(), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip


def branches():
    stamps = keras.Input((16, 16, 1))
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(stamps)
    y = layers.SeparableConv2D(6, 3, padding="same", activation="silu")(x)
    z = layers.Conv2D(8, 3, strides=2, padding="same")(layers.add([x, y]))
    z = layers.PReLU(shared_axes=[1, 2])(layers.LayerNormalization()(z))
    up = layers.Concatenate()([layers.UpSampling2D(2)(z), x])
    up = layers.multiply([layers.Conv2D(4, 1)(up), layers.Conv2DTranspose(4, 3, strides=2, padding="same")(z)])
    up = layers.Cropping2D(((1, 0), (2, 1)))(layers.ZeroPadding2D(((1, 2), (0, 1)))(layers.LeakyReLU()(up)))
    up = layers.Multiply()([up, layers.GlobalAveragePooling2D(keepdims=True)(up)])
    output = layers.Dense(1, activation="sigmoid")(layers.Flatten()(layers.Permute((2, 1, 3))(up)))
    return keras.Model(stamps, output)


def main():
    FOLDER.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    for build in (chain, branches):
        model = build()
        for weight in model.weights:
            if "moving_variance" in weight.path:
                weight.assign(random.uniform(0.5, 1.5, weight.shape))
            elif "kernel" not in weight.path:
                weight.assign(random.normal(0.5 if "gamma" in weight.path else 0, 0.2, weight.shape))
        stamps = random.normal(size=(5, *model.inputs[0].shape[1:])).astype(np.float32)
        name = FOLDER / f"keras-{build.__name__}"
        np.save(f"{name}.npy", stamps)
        np.save(f"{name}-probabilities.npy", model.predict(stamps, verbose=0))
        model.export(f"{name}.onnx", format="onnx", verbose=False)


if __name__ == "__main__":
    main()
