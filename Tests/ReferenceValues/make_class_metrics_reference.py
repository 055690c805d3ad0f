"""Expected values of the test metrics of more than two classes, from scikit-learn, and of their temperature, from scipy:
writes class_metrics/*.json beside this script.

Run: python make_class_metrics_reference.py      (made with scikit-learn 1.9.1, numpy 2, scipy 1)
"""
import json
import pathlib

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.preprocessing import label_binarize

FOLDER = pathlib.Path(__file__).parent / "class_metrics"


def calibration_error(true_classes, probabilities):
    """The expected calibration error of the predicted class in ten bins of equal width, each with its upper edge."""
    predicted = probabilities.argmax(axis=1)
    top = probabilities.max(axis=1).astype(np.float64)
    bins = np.searchsorted(np.arange(1, 10) / 10, top, side="left")
    correct = predicted == true_classes
    return sum(abs(np.sum(correct[bins == b]) - np.sum(top[bins == b])) for b in range(10)) / len(top)


def areas(true_classes, probabilities):
    """ROC area and average precision of each class against the rest; None where there is none."""
    both = []
    for label in range(probabilities.shape[1]):
        own = true_classes == label
        roc = roc_auc_score(own, probabilities[:, label]) if 0 < own.sum() < len(own) else None
        both.append([roc, average_precision_score(own, probabilities[:, label]) if own.any() else None])
    return both


def statistics(true_classes, probabilities):
    """Accuracy, macro F1, Matthews' correlation, mean ROC area, mean average precision, calibration error."""
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    own = label_binarize(true_classes, classes=range(classes))
    return [
        accuracy_score(true_classes, predicted),
        f1_score(true_classes, predicted, average="macro", zero_division=0),
        matthews_corrcoef(true_classes, predicted),
        roc_auc_score(own, probabilities, average="macro"),
        average_precision_score(own, probabilities, average="macro"),
        calibration_error(true_classes, probabilities),
    ]


def intervals(random, true_classes, probabilities, replicates=1500):
    """The 2.5th and 97.5th percentiles of the statistics, each class drawn from itself with replacement."""
    places = [np.flatnonzero(true_classes == label) for label in range(probabilities.shape[1])]
    drawn = []
    for _ in range(replicates):
        chosen = np.concatenate([random.choice(of_class, len(of_class)) for of_class in places])
        drawn.append(statistics(true_classes[chosen], probabilities[chosen]))
    return np.quantile(np.array(drawn), [0.025, 0.975], axis=0).tolist()


def write(name, true_classes, probabilities, bootstrap=None):
    true_classes = np.asarray(true_classes)
    # Single precision, as the model gives them; JSON then holds these values exactly.
    probabilities = np.asarray(probabilities, np.float32)
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    exact = probabilities.astype(np.float64)
    precision, recall, f1, support = precision_recall_fscore_support(
        true_classes, predicted, labels=range(classes), zero_division=0)
    per_class = areas(true_classes, probabilities)
    roc, average_precision = zip(*per_class)
    if None not in roc and np.allclose(exact.sum(axis=1), 1):
        macro = roc_auc_score(true_classes, exact / exact.sum(axis=1, keepdims=True), multi_class="ovr")
        assert abs(macro - np.mean(roc)) < 1e-6
    if None not in average_precision:
        own = label_binarize(true_classes, classes=range(classes))
        assert abs(average_precision_score(own, probabilities, average="macro") - np.mean(average_precision)) < 1e-12
    case = {
        "classes": classes,
        "true_classes": true_classes.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "losses": (-np.log(exact[np.arange(len(true_classes)), true_classes])).astype(np.float32).tolist(),
        "predicted_classes": predicted.tolist(),
        "expected": {
            "loss": log_loss(true_classes, exact / exact.sum(axis=1, keepdims=True), labels=range(classes))
            if np.allclose(exact.sum(axis=1), 1) else None,
            "accuracy": accuracy_score(true_classes, predicted),
            "confusion_matrix": confusion_matrix(true_classes, predicted, labels=range(classes)).tolist(),
            "macro_f1": f1_score(true_classes, predicted, average="macro", zero_division=0),
            "matthews_correlation": matthews_corrcoef(true_classes, predicted),
            "roc_auc": None if None in roc else float(np.mean(roc)),
            "average_precision": None if None in average_precision else float(np.mean(average_precision)),
            "calibration_error": calibration_error(true_classes, probabilities),
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "f1": f1.tolist(),
            "support": support.tolist(),
            "class_roc_auc": list(roc),
            "class_average_precision": list(average_precision),
        },
    }
    if bootstrap is not None:
        case["intervals"] = intervals(bootstrap, true_classes, probabilities)
    (FOLDER / f"{name}.json").write_text(json.dumps(case) + "\n")


def temperature(labels, logits):
    """The T of the least cross-entropy of softmax(logits / T) with Platt's targets, each class against the rest."""
    samples, classes = logits.shape
    counts = np.bincount(labels, minlength=classes)[labels][:, None]
    targets = np.where(np.arange(classes) == labels[:, None], counts + 1, 1 / (classes - 1)) / (counts + 2)
    assert np.allclose(targets.sum(axis=1), 1)

    def loss(log_temperature):
        return -np.sum(targets * log_softmax(logits.astype(np.float64) / np.exp(log_temperature), axis=1))

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.02, 50]), method="bounded", options={"xatol": 1e-12}).x))


def random_case(random, samples, classes, signal):
    true_classes = random.integers(0, classes, samples)
    logits = random.normal(size=(samples, classes)) + signal * np.eye(classes)[true_classes]
    return true_classes, logits


def main():
    FOLDER.mkdir(exist_ok=True)
    random = np.random.default_rng(20261)
    true_classes, logits = random_case(random, 300, 4, 1.5)
    probabilities = softmax(logits, axis=1)
    write("four", true_classes, probabilities, bootstrap=random)
    write("ties", true_classes, np.round(probabilities * 4) / 4 + 0.125)
    write("all_equal", true_classes, np.full((300, 4), 0.25))
    write("ten", *(lambda labels, logits: (labels, softmax(logits, axis=1)))(*random_case(random, 200, 10, 3)))
    write("perfect", [0, 1, 2, 2], [[0.9, 0.05, 0.05], [0.1, 0.7, 0.2], [0, 0.25, 0.75], [0.25, 0.25, 0.5]])
    # Class 2 is neither there nor predicted; then it is predicted once.
    write("absent", [0, 1, 1, 0], [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2]])
    write("only_predicted", [0, 1, 1, 0], [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]])
    write("one_class", [1, 1, 1], [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    write("one_sample", [2], [[0.25, 0.25, 0.5]])
    calibrations = []
    for samples, classes, signal, scale in [(400, 3, 2, 3.0), (250, 7, 1, 0.4), (60, 5, 6, 1.0)]:
        labels, logits = random_case(random, samples, classes, signal)
        logits = (scale * logits).astype(np.float32)
        calibrations.append({
            "classes": classes, "labels": labels.tolist(), "logits": logits.ravel().tolist(),
            "temperature": temperature(labels, logits)})
    (FOLDER / "temperatures.json").write_text(json.dumps(calibrations) + "\n")


if __name__ == "__main__":
    main()
