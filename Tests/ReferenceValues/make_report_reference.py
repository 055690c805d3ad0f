"""What scipy and numpy make of confusion matrices: the intervals of a report.

Writes reports/intervals.json, which ReportsTests reads.

Run: python make_report_reference.py      (made with scipy 1.17, numpy 2)
"""
import json
import pathlib

import numpy as np
from scipy.stats import binomtest, norm


def wilson(count, trials):
    if trials == 0:
        return None
    interval = binomtest(count, trials).proportion_ci(0.95, method="wilson")
    return [count / trials, interval.low, interval.high]


def hanley_mcneil(area, sources, noise):
    """J. A. Hanley and B. J. McNeil, Radiology 143, 29 (1982), equations 1 and 2."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (sources - 1) * (q1 - area**2) + (noise - 1) * (q2 - area**2)
    error = np.sqrt(max(variance, 0) / (sources * noise))
    half = norm.ppf(0.975) * error
    return [area, max(0, area - half), min(1, area + half)]


def case(matrix, area):
    (tn, fp), (fn, tp) = matrix
    return {
        "confusion_matrix": matrix,
        "roc_auc": area,
        "accuracy": wilson(tn + tp, tn + fp + fn + tp),
        "completeness": wilson(tp, fn + tp),
        "purity": wilson(tp, fp + tp),
        "area": None if area is None else hanley_mcneil(area, fn + tp, tn + fp),
    }


CASES = [
    case([[2016, 8], [111, 1865]], 0.9968),
    case([[4, 1], [2, 3]], 0.76),
    case([[5, 0], [0, 5]], 1.0),
    case([[10, 0], [0, 0]], None),
    case([[0, 0], [3, 7]], None),
    case([[6, 0], [4, 0]], 0.5),
    case([[1, 2], [2, 1]], 0.1),
]
folder = pathlib.Path(__file__).parent / "reports"
folder.mkdir(exist_ok=True)
(folder / "intervals.json").write_text(json.dumps(CASES, indent=1) + "\n")
