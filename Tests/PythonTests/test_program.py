"""Training and predicting by the program, on networks that it has itself. No Keras is needed, nor imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import swift_run_trainer
from conftest import Data, made_stamps
from swift_run_trainer import History, TrainerError

try:
    swift_run_trainer.find_program()
except TrainerError as error:
    pytest.skip(str(error), allow_module_level=True)

OPTIONS: dict[str, object] = {
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 32,
    "no_report": True,
    "no_tensorboard": True,
}


def accuracy(probabilities: np.ndarray, y: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == y).mean())


def test_a_network_learns(training: Data, validation: Data, capsys: pytest.CaptureFixture[str]) -> None:
    had_keras = "keras" in sys.modules
    history = swift_run_trainer.fit(
        "simple", *training, validation_data=validation, test_data=validation, epochs=5, **OPTIONS
    )
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 5 for values in history.history.values()) and history.epoch == [0, 1, 2, 3, 4]
    assert history.params == {"verbose": 2, "epochs": 5, "steps": 13}
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    assert history.history["val_accuracy"][-1] > 0.85
    assert history.folder == Path("runs/simple-1") and history.weights.is_file()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "Epoch 5/5" and lines[-1].startswith("13/13 - ") and "val_accuracy: " in lines[-1]
    # All of x is trained on, the same stamps validate and are tested.
    settings = history.configuration["settings"]
    assert [settings[f"{part}_stamps"] for part in ("training", "validation", "test")] == [400, 100, 100]
    assert history.metrics is not None
    assert history.metrics["accuracy"] == pytest.approx(history.history["val_accuracy"][-1], abs=1e-12)
    found = swift_run_trainer.predict(history, validation[0])
    assert found.shape == (100, 2) and found.dtype == np.float32
    assert accuracy(found, validation[1]) == pytest.approx(history.metrics["accuracy"])
    loss, share = swift_run_trainer.evaluate(history, *validation)
    assert loss == pytest.approx(history.metrics["loss"]) and share == pytest.approx(history.metrics["accuracy"])
    truth = validation[1]
    assert loss == pytest.approx(-np.log(found[np.arange(100), truth]).mean(), rel=1e-5)
    assert swift_run_trainer.evaluate(history, *validation, return_dict=True)["samples"] == 100
    assert not list(Path("/dev/shm").glob(f"swift-run-trainer-{os.getpid()}-*"))
    assert ("keras" in sys.modules) == had_keras


def test_stamps_in_a_file_are_not_copied(training: Data, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", training[0])
    history = swift_run_trainer.fit(
        "simple", np.load(tmp_path / "x.npy", mmap_mode="r"), training[1], epochs=1, **OPTIONS
    )
    assert history.configuration["settings"]["labelled"]["stamps"] == [str(tmp_path / "x.npy")]
    again = swift_run_trainer.fit("simple", *training, epochs=1, **OPTIONS)
    assert again.weights.read_bytes() == history.weights.read_bytes() and again.folder == Path("runs/simple-2")
    by_name = swift_run_trainer.fit("simple", tmp_path / "x.npy", training[1], epochs=1, **OPTIONS)
    assert by_name.weights.read_bytes() == history.weights.read_bytes()


@pytest.mark.parametrize("kind", ["one-hot", "column", "texts"])
def test_labels_may_have_any_form(kind: str, training: Data) -> None:
    x, y = training
    expected = swift_run_trainer.fit("simple", x, y, epochs=1, **OPTIONS)
    forms = {"one-hot": np.eye(2)[y], "column": y[:, None].astype(np.float32), "texts": np.array(["no", "yes"])[y]}
    history = swift_run_trainer.fit("simple", x, forms[kind], epochs=1, **OPTIONS)
    assert history.history == expected.history


def test_three_classes_with_names(training: Data) -> None:
    x, y = made_stamps(300, 3, classes=3)
    names = ["noise", "faint", "bright"]
    history = swift_run_trainer.fit(
        "simple", x, y, test_data=(x, y), class_names=names, epochs=4, class_weight={2: 2.0}, **OPTIONS
    )
    assert history.metrics is not None and history.metrics["class_names"] == names
    assert swift_run_trainer.predict(history, x).shape == (300, 3)
    assert swift_run_trainer.evaluate(history, x, y)[1] == pytest.approx(history.metrics["accuracy"])
    with pytest.raises(TrainerError):
        swift_run_trainer.fit("simple", *training, class_weight={0: 1.0, 1: 1.0, 2: 2.0}, epochs=1, **OPTIONS)


def test_the_last_stamps_validate(training: Data) -> None:
    x, y = training
    split = swift_run_trainer.fit("simple", x, y, validation_split=0.25, epochs=2, **OPTIONS)
    given = swift_run_trainer.fit("simple", x[:300], y[:300], validation_data=(x[300:], y[300:]), epochs=2, **OPTIONS)
    assert split.history == given.history


def test_weights_of_stamps(training: Data) -> None:
    x, y = training
    half = np.where(np.arange(400) < 200, 1.0, 0.0)
    weighted = swift_run_trainer.fit("simple", x, y, sample_weight=half, epochs=1, **OPTIONS)
    plain = swift_run_trainer.fit("simple", x, y, sample_weight=np.ones(400), epochs=1, **OPTIONS)
    assert plain.history == swift_run_trainer.fit("simple", x, y, epochs=1, **OPTIONS).history
    assert weighted.history["loss"][0] < 0.7 * plain.history["loss"][0]


def test_features_beside_the_stamps(training: Data, validation: Data) -> None:
    def features(data: Data) -> np.ndarray:
        return np.column_stack([data[1] + 0.1 * np.arange(len(data[1])) % 1, np.arange(len(data[1]))])

    def alike(data: Data) -> np.ndarray:
        """Stamps that say nothing of their classes."""
        return np.zeros_like(data[0]) + np.arange(81, dtype=np.float32).reshape(9, 9, 1)

    history = swift_run_trainer.fit(
        "simple",
        [alike(training), features(training)],
        training[1],
        validation_data=([alike(validation), features(validation)], validation[1]),
        epochs=6,
        **OPTIONS,
    )
    assert history.history["val_accuracy"][-1] > 0.9
    found = swift_run_trainer.predict(history, [alike(validation), features(validation)])
    assert found.shape == (100, 2)


def test_occlusion_maps(training: Data) -> None:
    history = swift_run_trainer.fit("simple", *training, epochs=1, **OPTIONS)
    maps = swift_run_trainer.occlusion(history, training[0][:3], window=3)
    assert maps.shape == (3, 9, 9)
    assert np.array_equal(swift_run_trainer.occlusion(history, training[0][:3], index=1, window=3), maps[1])
    # The notebook's loop: covered by zeros at (2, 4), which is the middle of the window.
    covered = training[0][:1].copy()
    covered[0, 1:4, 3:6] = 0
    expected = 1 - swift_run_trainer.predict(history, covered)[0, 1]
    assert maps[0, 2, 4] == pytest.approx(expected, abs=1e-6)


def test_the_programs_own_line_is_the_exception(training: Data) -> None:
    with pytest.raises(TrainerError, match="--foo") as unknown:
        swift_run_trainer.fit("simple", *training, foo=3)
    assert unknown.value.exit_code == 64 and "\n" not in unknown.value.message
    with pytest.raises(TrainerError, match=r"^--learning-rate -1") as wrong:
        swift_run_trainer.fit("simple", *training, **{**OPTIONS, "learning_rate": -1})
    assert wrong.value.exit_code == 64
    with pytest.raises(TrainerError, match=r"^nowhere.safetensors: ") as missing:
        swift_run_trainer.predict("nowhere.safetensors", "nowhere.npy")
    assert missing.value.exit_code == 66
    with pytest.raises(TrainerError, match=r"^y: has 3 labels for 400 stamps"):
        swift_run_trainer.fit("simple", training[0], training[1][:3])
    assert not Path("runs").exists()


_SLEEPY = """
import sys, numpy as np, swift_run_trainer
sys.path.insert(0, {tests!r})
from conftest import made_stamps
print("begins", flush=True)
swift_run_trainer.fit("simple", *made_stamps(400, 1), epochs=100000, output="stopped", **{options!r})
"""


def test_ctrl_c_leaves_a_checkpoint(training: Data) -> None:
    package = str(Path(swift_run_trainer.__file__).parents[1])
    script = _SLEEPY.format(tests=str(Path(__file__).parent), options=OPTIONS)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": package}
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Epoch 3/"):
            break
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(60) != 0 and "stopped; the checkpoint is in stopped" in rest
    done = len(Path("stopped/history.csv").read_text().splitlines()) - 1
    assert done >= 2 and list(Path("stopped/checkpoints").glob("step-*"))
    assert not list(Path("/dev/shm").glob(f"swift-run-trainer-{process.pid}-*"))
    history = swift_run_trainer.fit("simple", *training, epochs=done + 2, output="stopped", resume=True, **OPTIONS)
    assert len(history.epoch) == done + 2
    whole = swift_run_trainer.fit("simple", *training, epochs=done + 2, **OPTIONS)
    assert whole.history == history.history


def test_any_number_of_ranks_gives_the_same(training: Data) -> None:
    launcher = "mpirun --oversubscribe"
    try:
        two = swift_run_trainer.fit("simple", *training, epochs=2, ranks=2, launcher=launcher, threads=1, **OPTIONS)
    except TrainerError as error:
        if error.exit_code == 69 or "root" in error.message:
            pytest.skip(error.message)
        raise
    one = swift_run_trainer.fit("simple", *training, epochs=2, **OPTIONS)
    assert one.weights.read_bytes() == two.weights.read_bytes() and two.configuration["ranks"] == 2


def test_the_bar_fills(training: Data, capsys: pytest.CaptureFixture[str]) -> None:
    history = swift_run_trainer.fit("simple", *training, epochs=2, verbose=1, **OPTIONS)
    text = capsys.readouterr().out
    assert text.count("Epoch ") == 2 and text.endswith("\n") and f"13/13 {'━' * 20} - " in text
    last = json.loads((history.folder / "metrics.jsonl").read_text().splitlines()[-1])
    assert f"loss: {last['loss']:.4f} - accuracy: {last['accuracy']:.4f}" in text


def test_a_run_is_read_again(training: Data) -> None:
    history = swift_run_trainer.fit("simple", *training, epochs=1, output="run", **OPTIONS)
    again = History("run")
    assert again.history == history.history and again.table["learning_rate"] == [pytest.approx(0.01)]
    on = swift_run_trainer.fit(history, *training, epochs=1, **OPTIONS)
    assert on.history["loss"][0] < history.history["loss"][0]


def test_figures_are_shown(training: Data, validation: Data) -> None:
    options = {key: value for key, value in OPTIONS.items() if key != "no_report"}
    history = swift_run_trainer.fit("simple", *training, test_data=validation, epochs=1, **options)
    try:
        figures = history.figures()
    except TrainerError as error:
        assert error.exit_code == 69
        pytest.skip(error.message)
    assert {"history", "roc", "confusion"} <= {figure.name for figure in figures}
    picture, size = history.figures("roc")[0]._repr_png_()
    assert picture.startswith("iVBORw0KGgo") and size["width"] > 100
    with pytest.raises(TrainerError, match="figure nothing"):
        history.figures("nothing")
    assert history.report.is_file()
