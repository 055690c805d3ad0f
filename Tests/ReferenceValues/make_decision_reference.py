"""What scipy, scikit-learn and numpy make of scores and logits: temperatures, thresholds, bootstrap intervals.

Writes decisions/decisions.json, which LayersTests, RunRecordsTests and ReportsTests read.

Run: python make_decision_reference.py      (made with scipy 1.17, scikit-learn 1.9, numpy 2)
"""
import json
import pathlib

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.metrics import (
    f1_score,
    matthews_corrcoef,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)

from make_metrics_reference import operating_points

random = np.random.default_rng(7)


def temperature(differences, labels):
    """The minimum of the cross-entropy of sigmoid(d / T) with Platt's targets."""
    sources, noise = int(labels.sum()), int((1 - labels).sum())
    targets = np.where(labels == 1, (sources + 1) / (sources + 2), 1 / (noise + 2))

    def cross_entropy(logarithm):
        z = differences / np.exp(logarithm)
        return float(np.mean(np.logaddexp(0, z) - targets * z))

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3.9, 3.9), options={"xatol": 1e-12}).x))


def calibration(count, stretch, separation):
    labels = (random.random(count) < 0.4).astype(int)
    differences = stretch * (separation * (2 * labels - 1) + random.normal(0, 1, count))
    first = random.normal(0, 1, count)
    logits = np.stack([first, first + differences], axis=1).astype(np.float32)
    exact = (logits[:, 1].astype(np.float64) - logits[:, 0]).astype(np.float64)
    single = logits[:, 1].astype(np.float64)
    return {
        "labels": labels.tolist(),
        "logits": logits.ravel().tolist(),
        "softmax": temperature(exact, labels),
        # The second column alone, as the logits of a network with one output.
        "sigmoid": temperature(single, labels),
    }


def expected_calibration_error(scores, labels):
    bins = np.clip(np.ceil(scores * 10).astype(int) - 1, 0, 9)
    total = 0
    for number in range(10):
        chosen = bins == number
        if chosen.any():
            total += chosen.sum() / len(scores) * abs(labels[chosen].mean() - scores[chosen].mean())
    return float(total)


def statistics(scores, labels, threshold):
    predicted = scores > threshold
    return [
        float(recall_score(labels, predicted)),
        float(precision_score(labels, predicted)),
        float(f1_score(labels, predicted)),
        float(roc_auc_score(labels, scores)),
        expected_calibration_error(scores, labels),
        float(matthews_corrcoef(labels, predicted)),
        *(rate for rate, threshold in operating_points(labels, scores)),
    ]


def classifier(count, threshold, replicates=4000):
    labels = (random.random(count) < 0.45).astype(int)
    # Of two decimals, so that there are ties; none on a bin's edge, where single precision decides.
    scores = np.round(expit(1.2 * (2 * labels - 1) + random.normal(0, 1.2, count)), 2) * 0.9 + 0.043
    scores = scores.astype(np.float32).astype(np.float64)
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    noise, sources = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    drawn = np.array([
        statistics(scores[picked], labels[picked], threshold)
        for picked in (
            np.concatenate([random.choice(noise, len(noise)), random.choice(sources, len(sources))])
            for _ in range(replicates))
    ])
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "threshold": threshold,
        "statistics": statistics(scores, labels, threshold),
        "lower": np.percentile(drawn, 2.5, axis=0).tolist(),
        "upper": np.percentile(drawn, 97.5, axis=0).tolist(),
        # The highest and the lowest score at which a target is met: samples with at least this score are sources.
        "completeness": [
            {"target": target, "score": float(thresholds[np.flatnonzero(recall[:-1] >= target)[-1]])}
            for target in (0.3, 0.5, 0.9, 0.95, 1.0)
        ],
        "purity": [
            {"target": target, "score": float(thresholds[np.flatnonzero(precision[:-1] >= target)[0]])}
            for target in (0.5, 0.8, 0.9, 0.95)
        ],
    }


folder = pathlib.Path(__file__).parent / "decisions"
folder.mkdir(exist_ok=True)
(folder / "decisions.json").write_text(json.dumps({
    "calibrations": [calibration(400, 3.0, 0.8), calibration(300, 0.4, 0.5), calibration(200, 1.0, 6.0)],
    "classifier": classifier(350, 0.45),
}))
