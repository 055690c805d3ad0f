"""What scikit-learn, scipy and numpy make of made-up test sets: the numbers behind the figures of a run.

Writes figures/NAME.json for each test set, figures/wilson.json, figures/completeness.json and
figures/matched_filter.json, which FiguresTests and StampDataTests read.

Run: python make_figure_reference.py      (made with scikit-learn 1.9, scipy 1.17, numpy 2)
"""
import json
import pathlib

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_curve, roc_auc_score, roc_curve

FOLDER = pathlib.Path(__file__).parent / "figures"


def write(name, value):
    (FOLDER / f"{name}.json").write_text(json.dumps(value) + "\n")


def calibration_error(true_classes, scores, bins=10):
    """The expected calibration error, with scikit-learn's bins."""
    numbers = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
    error = 0
    for number in range(bins):
        members = numbers == number
        if members.any():
            error += members.mean() * abs(true_classes[members].mean() - scores[members].mean())
    return error


def test_set(name, true_classes, scores):
    true_classes = np.asarray(true_classes)
    # Single precision, as the model gives them; all that follows is computed in double precision.
    single = np.asarray(scores, np.float32)
    scores = single.astype(np.float64)
    case = {
        "true_classes": true_classes.tolist(),
        "scores": single.tolist(),
        "confusion": {
            threshold: confusion_matrix(true_classes, scores > float(threshold), labels=[0, 1]).tolist()
            for threshold in ("0.25", "0.5")
        },
        "histograms": [np.histogram(scores[true_classes == k], 40, (0, 1))[0].tolist() for k in (0, 1)],
        "calibration_error": calibration_error(true_classes, scores),
    }
    share, mean = calibration_curve(true_classes, scores, n_bins=10, pos_label=1)
    case["calibration"] = {"share_of_sources": share.tolist(), "mean_probability": mean.tolist()}
    if 1 in true_classes:
        precision, recall, thresholds = precision_recall_curve(true_classes, scores)
        case["precision_recall"] = {
            "precision": precision[::-1].tolist(),
            "recall": recall[::-1].tolist(),
            "thresholds": thresholds[::-1].tolist(),
            "average_precision": average_precision_score(true_classes, scores),
        }
    if len(set(true_classes.tolist())) == 2:
        false_positives, true_positives, thresholds = roc_curve(true_classes, scores, drop_intermediate=False)
        case["roc"] = {
            "false_positive_rate": false_positives.tolist(),
            "true_positive_rate": true_positives.tolist(),
            "thresholds": thresholds[1:].tolist(),  # the first is infinite, which JSON does not know
            "area": roc_auc_score(true_classes, scores),
        }
    write(name, case)


ONE_DEVIATION = norm.cdf(1) - norm.cdf(-1)


def wilson(found, count, confidence=ONE_DEVIATION):
    """One standard deviation to either side unless told, as astropy.stats.binom_conf_interval does by default."""
    interval = binomtest(int(found), int(count)).proportion_ci(confidence, "wilson")
    return [interval.low, interval.high]


def completeness(random, count):
    ratios = np.round(np.exp(random.uniform(np.log(3), np.log(100), count)), 3)
    found = random.uniform(size=count) < 1 - np.exp(-ratios / 6)
    order = np.argsort(ratios, kind="stable")
    bins = []
    for members in np.array_split(order, min(15, max(1, count // 5))):
        bins.append({
            "lowest": ratios[members].min(),
            "median": np.median(ratios[members]),
            "highest": ratios[members].max(),
            "sources": len(members),
            "found": int(found[members].sum()),
            "interval": wilson(found[members].sum(), len(members), 0.95),
        })
    return {"ratios": ratios.tolist(), "found": found.tolist(), "bins": bins}


def matched_filter(stamp):
    """The best sum under Gaussians without their mean, of seven widths at nine positions, each a whole image."""
    quarter, median, three_quarters = np.percentile(stamp, [25, 50, 75])
    standardised = (stamp - median) / (0.7413 * (three_quarters - quarter))
    y, x = np.indices(stamp.shape)
    best = -np.inf
    for width in (1.5, 2, 2.5, 3, 4, 5, 6):
        sigma = width / np.sqrt(8 * np.log(2))
        for centre_y in stamp.shape[0] // 2 + np.arange(-1, 2):
            for centre_x in stamp.shape[1] // 2 + np.arange(-1, 2):
                gaussian = np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / (2 * sigma**2))
                gaussian -= gaussian.mean()
                best = max(best, (standardised * gaussian / np.linalg.norm(gaussian)).sum())
    return best


def filtered(random, height, width, flux):
    y, x = np.indices((height, width))
    source = np.exp(-((x - width / 2 + 0.2) ** 2 + (y - height / 2 - 0.3) ** 2) / 5)
    stamp = np.round(random.normal(100, 3, (height, width)) + flux * source, 3)
    return {"height": height, "width": width, "pixels": stamp.ravel().tolist(), "score": matched_filter(stamp)}


def main():
    FOLDER.mkdir(exist_ok=True)
    random = np.random.default_rng(20266)
    true_classes = random.integers(0, 2, 400)
    scores = 1 / (1 + np.exp(-random.normal(3 * true_classes - 1.5, 1.5)))
    test_set("scattered", true_classes, scores)
    test_set("ties", true_classes, np.round(scores * 20) / 20)
    test_set("ten", true_classes[:10], scores[:10])
    test_set("separated", [0, 0, 0, 1, 1], [0.0, 0.2, 0.3, 0.8, 1.0])
    test_set("all_equal", [0, 1, 1], [0.5, 0.5, 0.5])
    test_set("only_noise", [0, 0, 0, 0], [0.1, 0.7, 0.5, 0.2])
    test_set("only_sources", [1, 1, 1], [0.1, 0.7, 0.5])
    write("wilson", [[k, n, *wilson(k, n)] for k, n in [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (997, 1000)]])
    write("completeness", [completeness(random, count) for count in (1, 4, 10, 52, 203)])
    write("matched_filter", [
        filtered(random, *shape) for shape in [(21, 21, 0), (21, 21, 15), (25, 25, 100), (12, 9, 20)]])


if __name__ == "__main__":
    main()
