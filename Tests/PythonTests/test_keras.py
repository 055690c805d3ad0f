"""Models of Keras, and what Keras says of the same stamps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import swift_run_trainer
from conftest import Data
from swift_run_trainer import TrainerError
from swift_run_trainer.keras_models import compiled_options

keras = pytest.importorskip("keras")
try:
    swift_run_trainer.find_program()
except TrainerError as error:
    pytest.skip(str(error), allow_module_level=True)

OPTIONS: dict[str, object] = {"batch_size": 32, "no_report": True, "no_tensorboard": True}


def network(outputs: int = 2) -> Any:
    """Convolution, batch normalisation and dense layers, with weights of their own."""
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((9, 9, 1)),
            keras.layers.Conv2D(8, 3, activation="relu", name="conv"),
            keras.layers.BatchNormalization(momentum=0.8, name="bn"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax", name="out"),
        ],
        name="small",
    )


def test_a_model_has_its_trained_weights_afterwards(training: Data, validation: Data) -> None:
    model = network()
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    before = model.get_weights()
    history = swift_run_trainer.fit(model, *training, validation_data=validation, epochs=4, **OPTIONS)
    assert history.model is model and history.folder.name == "small-1"
    assert any(np.abs(one - other).max() > 1e-3 for one, other in zip(before, model.get_weights()))
    loss, accuracy = model.evaluate(*validation, verbose=0)
    # Keras sums in another order.
    assert history.history["val_loss"][-1] == pytest.approx(loss, abs=1e-5)
    assert history.history["val_accuracy"][-1] == pytest.approx(accuracy, abs=1e-6) and accuracy > 0.85
    settings = history.configuration["settings"]
    assert settings["learning_rate"] == pytest.approx(0.01) and list(settings["optimizer"]) == ["adam"]
    expected = model.predict(validation[0], verbose=0)
    for source in (history, model, history.folder, history.weights):
        assert np.abs(swift_run_trainer.predict(source, validation[0]) - expected).max() < 1e-5
    for source in (history, model):
        found = swift_run_trainer.evaluate(source, *validation)
        assert found == pytest.approx([loss, accuracy], abs=1e-5)


def test_training_starts_from_the_models_weights(training: Data) -> None:
    """The first step of plain SGD over the whole batch is Keras' own, to rounding."""
    x, y = training
    ours, theirs = network(), network()
    options = {**OPTIONS, "batch_size": 400}
    for model in (ours, theirs):
        model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="categorical_crossentropy")
    one_hot = np.eye(2, dtype=np.float32)[y]
    swift_run_trainer.fit(ours, x, one_hot, epochs=3, **options)
    theirs.fit(x, one_hot, epochs=3, batch_size=400, verbose=0)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        assert np.abs(one - other).max() < 1e-4


def test_one_output(training: Data, validation: Data) -> None:
    model = network(1)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    history = swift_run_trainer.fit(model, *training, validation_data=validation, epochs=2, **OPTIONS)
    found = swift_run_trainer.predict(history, validation[0])
    assert found.shape == (100, 1)
    assert np.abs(found - model.predict(validation[0], verbose=0)).max() < 1e-5
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(*validation, verbose=0)[0], abs=1e-5)


def test_a_named_network_comes_back_as_a_keras_model(training: Data) -> None:
    history = swift_run_trainer.fit("simple", *training, epochs=1, **OPTIONS)
    expected = swift_run_trainer.predict(history, training[0])
    assert np.abs(history.model.predict(training[0], verbose=0) - expected).max() < 1e-5


def test_layers_inside_a_model_are_found(training: Data) -> None:
    inner = network()
    inputs = keras.Input((9, 9, 1))
    model = keras.Model(inputs, inner(inputs), name="outer")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    history = swift_run_trainer.fit(model, *training, epochs=1, **OPTIONS)
    expected = swift_run_trainer.predict(history, training[0])
    assert np.abs(model.predict(training[0], verbose=0) - expected).max() < 1e-5


def test_what_a_model_was_compiled_with() -> None:
    def options(optimizer: object, loss: object = "categorical_crossentropy") -> dict[str, object]:
        model = network()
        model.compile(optimizer=optimizer, loss=loss)
        return compiled_options(model)

    optimizers, losses = keras.optimizers, keras.losses
    assert compiled_options(network()) == {}
    assert options("sgd") == {"optimizer": "sgd", "learning_rate": pytest.approx(0.01)}
    assert options(optimizers.SGD(0.5, momentum=0.9, nesterov=True)) == {
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "momentum": 0.9,
        "nesterov": True,
    }
    found = options(optimizers.AdamW(0.25, weight_decay=0.5, global_clipnorm=2.0, use_ema=True, ema_momentum=0.75))
    assert found == {"optimizer": "adamw", "learning_rate": 0.25, "weight_decay": 0.5, "clip_norm": 2.0, "ema": 0.75}
    assert options("adam", losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)) == {
        "optimizer": "adam",
        "learning_rate": pytest.approx(0.001),
        "from_logits": True,
        "label_smoothing": 0.1,
    }
    assert options("adam", losses.CategoricalFocalCrossentropy(alpha=1, gamma=1.5))["loss"] == "focal=1.5"
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    for optimizer in (optimizers.RMSprop(), optimizers.Adam(beta_1=0.5), optimizers.SGD(schedule)):
        with pytest.raises(TrainerError, match=r"^optimizer "):
            options(optimizer)
    for loss in ("mse", losses.CategoricalFocalCrossentropy(), losses.Huber()):
        with pytest.raises(TrainerError, match=r"^loss "):
            options("adam", loss)


def test_options_go_before_what_was_compiled(training: Data) -> None:
    model = network()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    history = swift_run_trainer.fit(model, *training, epochs=1, learning_rate=0.125, **OPTIONS)
    assert history.configuration["settings"]["learning_rate"] == 0.125
