"""Expected values of the test metrics, from scikit-learn: writes metrics/*.json beside this script.

Run: python make_metrics_reference.py      (made with scikit-learn 1.9.1, numpy 2)
"""
import json
import pathlib

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    roc_auc_score,
    roc_curve,
)

FOLDER = pathlib.Path(__file__).parent / "metrics"


def operating_points(true_classes, scores):
    """[rate, threshold] for each limit: the false-positive rate at 1, 5 and 10 % missed, and the share that is missed
    at 1 % false positives, by roc_curve alone; a threshold of null is above all scores."""
    positive, negative = int(np.sum(true_classes == 1)), int(np.sum(true_classes == 0))
    fpr, tpr, thresholds = roc_curve(true_classes, scores, drop_intermediate=False)
    # As fractions of whole numbers: 1 - 0.95 is more than 0.05 in binary.
    missed = np.rint((1 - tpr) * positive) / positive
    mistaken = np.rint(fpr * negative) / negative
    points = []
    for limit in (0.01, 0.05, 0.1):
        best = min((i for i in range(len(fpr)) if missed[i] <= limit), key=lambda i: (fpr[i], -thresholds[i]))
        points.append([float(fpr[best]), float(thresholds[best])])
    best = min((i for i in range(len(fpr)) if mistaken[i] <= 0.01), key=lambda i: (missed[i], -thresholds[i]))
    points.append([float(missed[best]), float(thresholds[best]) if np.isfinite(thresholds[best]) else None])
    return points


def write(name, true_classes, probabilities, outputs):
    """One case: `outputs` is 2 for a softmax (argmax), 1 for a sigmoid (above one half)."""
    true_classes = np.asarray(true_classes)
    # Single precision, as the model gives them; JSON then holds these values exactly.
    probability1 = np.asarray(probabilities, np.float32)
    probability0 = np.float32(1) - probability1
    both = np.stack([probability0, probability1], axis=1)
    predicted = both.argmax(axis=1) if outputs == 2 else (probability1 > 0.5).astype(int)
    # scikit-learn wants rows that sum to one in double precision.
    exact1 = probability1.astype(np.float64)
    exact = np.stack([1 - exact1, exact1], axis=1)
    of_true_class = exact[np.arange(len(true_classes)), true_classes]
    one_class = len(set(true_classes.tolist())) < 2
    case = {
        "outputs": outputs,
        "true_classes": true_classes.tolist(),
        "probabilities0": probability0.tolist(),
        "probabilities1": probability1.tolist(),
        "predicted_classes": predicted.tolist(),
        "losses": (-np.log(of_true_class)).astype(np.float32).tolist(),
        "expected": {
            "loss": log_loss(true_classes, exact, labels=[0, 1]),
            "accuracy": accuracy_score(true_classes, predicted),
            "confusion_matrix": confusion_matrix(true_classes, predicted, labels=[0, 1]).tolist(),
            "roc_auc": None if one_class else roc_auc_score(true_classes, probability1),
            "samples": len(true_classes),
            "matthews_correlation": matthews_corrcoef(true_classes, predicted),
            "average_precision": average_precision_score(true_classes, probability1) if 1 in true_classes else None,
            "operating_points": None if one_class else operating_points(true_classes, probability1),
        },
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(case) + "\n")


def main():
    FOLDER.mkdir(exist_ok=True)
    random = np.random.default_rng(20260)
    true_classes = random.integers(0, 2, 301)
    scores = 1 / (1 + np.exp(-random.normal(1.5 * true_classes - 0.75, 1)))
    write("softmax", true_classes, scores, 2)
    write("sigmoid", true_classes, scores, 1)
    write("ties", true_classes, np.clip(np.round(scores * 8) / 8, 0.125, 0.875), 2)
    write("all_equal", true_classes, np.full(301, 0.5), 2)
    write("all_equal_sigmoid", true_classes, np.full(301, 0.5), 1)
    write("separated", [0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.9], 2)
    write("inverted", [0, 0, 1, 1, 1], [0.9, 0.8, 0.1, 0.2, 0.3], 2)
    write("only_noise", [0, 0, 0, 0], [0.1, 0.7, 0.5, 0.2], 2)
    write("only_sources", [1, 1, 1], [0.1, 0.7, 0.5], 1)
    write("one_sample", [1], [0.75], 2)
    # Limits that are met exactly, to one mistake: 20 sources of which one may be missed, 100 noise stamps.
    write("exact_limits", [0] * 100 + [1] * 20, np.concatenate([np.arange(1, 101) / 128, np.arange(12, 32) / 32]), 2)
    # The highest score is noise, and so is the next: nothing may count as a source at 1 % false positives.
    write("noise_on_top", [0, 0, 1, 1, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], 2)


if __name__ == "__main__":
    main()
