"""What Keras' callbacks and its moving average make of given numbers.

Writes callbacks/callbacks.json, which RunRecordsTests and TrainingTests read.

Run: python make_callback_reference.py      (made with Keras 3.15.1, TensorFlow 2.21.0)
"""
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

random = np.random.default_rng(3)


def model():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer=keras.optimizers.SGD(learning_rate=1.0), loss="mse")
    return network


def early_stopping(metric, values, patience, minimum_delta):
    callback = keras.callbacks.EarlyStopping(
        monitor=metric, patience=patience, min_delta=minimum_delta, restore_best_weights=True,
        mode="max" if "accuracy" in metric else "min")
    network = model()
    callback.set_model(network)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {metric: value})
        if network.stop_training:
            break
    return {
        "metric": metric, "values": values, "patience": patience, "min_delta": minimum_delta,
        "epochs": epoch + 1, "is_over": bool(network.stop_training), "best_epoch": int(callback.best_epoch) + 1,
    }


def plateau(values, patience, factor):
    callback = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=factor, patience=patience, mode="min")
    network = model()
    callback.set_model(network)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(network.optimizer.learning_rate))
    return {"values": values, "patience": patience, "factor": factor, "rates": rates}


def moving_average(momentum):
    """The averages of ten parameters over six steps of SGD with random gradients."""
    variable = keras.Variable(random.normal(0, 1, 10).astype(np.float32))
    optimizer = keras.optimizers.SGD(learning_rate=0.1, use_ema=True, ema_momentum=momentum)
    optimizer.build([variable])
    steps = []
    for _ in range(6):
        optimizer.apply([keras.ops.convert_to_tensor(random.normal(0, 1, 10).astype(np.float32))], [variable])
        average = optimizer._model_variables_moving_average[0]
        steps.append({"parameters": np.array(variable).tolist(), "average": np.array(average).tolist()})
    return {"momentum": momentum, "steps": steps}


def noisy(count, slope):
    return [round(float(v), 4) for v in 1 + slope * np.arange(count) + random.normal(0, 0.05, count)]


sequences = [noisy(14, slope) for slope in (-0.05, -0.005, 0.02)] + [
    [1.0, 0.9, 0.95, 0.9, 0.85, 0.86, 0.87, 0.88], [0.5] * 8, [0.5, 0.49995, 0.4999, 0.49985, 0.4998, 0.49975]]
folder = pathlib.Path(__file__).parent / "callbacks"
folder.mkdir(exist_ok=True)
(folder / "callbacks.json").write_text(json.dumps({
    "early_stopping": [
        early_stopping(metric, values, patience, minimum_delta)
        for metric in ("val_loss", "val_accuracy", "loss", "accuracy")
        for values in sequences for patience in (1, 3) for minimum_delta in (0.0, 0.01)],
    "plateau": [plateau(values, patience, factor)
                for values in sequences for patience in (1, 2, 4) for factor in (0.5, 0.1)],
    "moving_average": [moving_average(0.9), moving_average(0.99)],
}))
