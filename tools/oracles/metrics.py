"""Writes tests/fixtures/metrics: scikit-learn's, numpy's and scipy's figures of small tables.

    python tools/oracles/metrics.py

Needs numpy, scipy and scikit-learn. Made with scikit-learn 1.9.1, numpy 2.4.6 and scipy 1.17.1.
DeLong's variance and test are written from the definition of 1988, pair by pair.
"""

import json
import pathlib
import warnings

import numpy as np
from scipy import optimize, special, stats
from sklearn import metrics

warnings.filterwarnings("ignore")  # of absent classes, which is what some cases are for
root = pathlib.Path(__file__).parents[2]
out = root / "tests/fixtures/metrics"
out.mkdir(parents=True, exist_ok=True)


def known(value):
    """NaN and missing values as null; JSON has no NaN."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [known(v) for v in value]
    return None if value is None or not np.isfinite(value) else float(value)


def ratio(part, whole):
    return part / whole if whole else None


# ---- one class ---------------------------------------------------------------------------------------


ratios = ["accuracy", "sensitivity", "specificity", "ppv", "npv", "f1"]


def counts(y, called):
    if not len(y):
        return {"confusion": [0] * 4} | dict.fromkeys(ratios)
    tn, fp, fn, tp = metrics.confusion_matrix(y, called, labels=[0, 1]).ravel().tolist()
    return {
        "confusion": [tp, fp, tn, fn],
        "accuracy": known(metrics.accuracy_score(y, called)),
        "sensitivity": known(metrics.recall_score(y, called, zero_division=np.nan)),
        "specificity": known(metrics.recall_score(y, called, pos_label=0, zero_division=np.nan)),
        "ppv": known(metrics.precision_score(y, called, zero_division=np.nan)),
        "npv": known(metrics.precision_score(y, called, pos_label=0, zero_division=np.nan)),
        "f1": known(metrics.f1_score(y, called, zero_division=np.nan)),
    }


def calibration(y, p, brier):
    """Expected calibration error with the bins of scikit-learn's calibration_curve: (low, high]."""
    if not len(y):
        return {"ece": None, "brier": None, "bins": []}
    index = np.searchsorted(np.linspace(0, 1, 16)[1:-1], p)
    bins = [(p[index == i].mean(), y[index == i].mean(), int((index == i).sum())) for i in np.unique(index)]
    ece = sum(n * abs(mean - observed) for mean, observed, n in bins) / len(y)
    return {"ece": ece, "brier": brier, "bins": [list(map(float, b)) for b in bins]}


def youden(y, p):
    fpr, tpr, thresholds = metrics.roc_curve(y, p)
    best = int(np.argmax(tpr - fpr))
    # Nothing beats calling no row at all: the highest score, not infinity.
    return known(p.max() if best == 0 else thresholds[best])


def at_sensitivity(y, p, s):
    _, tpr, thresholds = metrics.roc_curve(y, p, drop_intermediate=False)
    return known(thresholds[np.flatnonzero(tpr >= s)[0]])


def one_class(y, p, called):
    figures = {"positives": int(y.sum()), "negatives": int((1 - y).sum())} | counts(y, called)
    figures["calibration"] = calibration(y, p, known(np.mean((y - p) ** 2)) if len(y) else None)
    if len(set(y)) < 2:
        return figures | dict.fromkeys(["auc", "average_precision", "youden", "sensitivity_80"])
    return figures | {
        "auc": known(metrics.roc_auc_score(y, p)),
        "average_precision": known(metrics.average_precision_score(y, p)),
        "youden": youden(y, p),
        "sensitivity_80": at_sensitivity(y, p, 0.8),
    }


def mean(values):
    values = [v for v in values if v is not None]
    return known(np.mean(values)) if values else None


# ---- tables ------------------------------------------------------------------------------------------


def multilabel(name, labels, p, thresholds):
    classes, right, total = [], 0, 0
    for c, threshold in enumerate(thresholds):
        rows = ~np.isnan(labels[:, c])
        y, called = labels[rows, c].astype(int), (p[rows, c] >= threshold).astype(int)
        classes.append(one_class(y, p[rows, c], called))
        right, total = right + int((y == called).sum()), total + len(y)
    flat = ~np.isnan(labels)
    return {
        "name": name, "exclusive": False, "labels": known(labels.ravel()), "probabilities": known(p.ravel()),
        "thresholds": thresholds, "classes": classes,
        "mean_auc": mean([c["auc"] for c in classes]),
        "mean_average_precision": mean([c["average_precision"] for c in classes]),
        "accuracy": None, "balanced_accuracy": None, "label_accuracy": ratio(right, total),
        "confusion_matrix": [],
        "calibration": calibration(labels[flat], p[flat], known(np.mean((labels[flat] - p[flat]) ** 2))),
    }


def exclusive(name, truth, p, thresholds):
    n, count = p.shape
    hot, called = np.eye(count)[truth], p.argmax(1)
    classes = []
    for c in range(count):
        calls = called == c
        if count == 2:
            calls = (p[:, 1] >= thresholds[1]) == (c == 1)
        classes.append(one_class((truth == c).astype(int), p[:, c], calls.astype(int)))
    return {
        "name": name, "exclusive": True, "labels": known(hot.ravel()), "probabilities": known(p.ravel()),
        "thresholds": thresholds, "classes": classes,
        "mean_auc": mean([c["auc"] for c in classes]),
        "mean_average_precision": mean([c["average_precision"] for c in classes]),
        "accuracy": known(metrics.accuracy_score(truth, called)),
        "balanced_accuracy": known(metrics.balanced_accuracy_score(truth, called)),
        "label_accuracy": None,
        "confusion_matrix": metrics.confusion_matrix(truth, called, labels=range(count)).tolist(),
        "calibration": calibration((truth == called).astype(float), p.max(1),
                                   known(metrics.brier_score_loss(truth, p, labels=range(count)))
                                   if count > 2 else known(np.mean((hot - p) ** 2))),
    }


rng = np.random.default_rng(7)


def scores_for(labels, separation, decimals):
    """Probabilities that know something; rounding makes ties."""
    logits = rng.normal(0, 1.2, labels.shape) + separation * (np.nan_to_num(labels, nan=0.5) - 0.7)
    return special.expit(logits).round(decimals)


def softmax_for(truth, count, decimals):
    p = special.softmax(rng.normal(0, 1, (len(truth), count)) + 1.5 * np.eye(count)[truth], 1).round(decimals)
    p[:, -1] = (1 - p[:, :-1].sum(1)).round(decimals)
    return p


labels = (rng.random((67, 4)) < [0.5, 0.2, 0.05, 0.35]).astype(float)
with_gaps = labels.copy()
with_gaps[rng.random(labels.shape) < 0.2] = np.nan
absent = np.stack([np.ones(9), np.zeros(9), np.full(9, np.nan), [0, 1, 0, 1, 1, 0, 0, 0, 1]], 1)
inverted = np.array([[0.0], [1], [1], [0], [0], [1]])

tables = [
    multilabel("ties", labels, scores_for(labels, 1.5, 1), [0.5, 0.3, 0.2, 0.7]),
    multilabel("gaps", with_gaps, scores_for(labels, 2.0, 3), [0.5] * 4),
    multilabel("absent classes", absent, scores_for(absent, 1.0, 2), [0.5] * 4),
    multilabel("all tied", labels[:21, :1], np.full((21, 1), 0.5), [0.5]),
    multilabel("worse than chance", inverted, 1 - 0.6 * inverted - 0.2, [0.5]),
    multilabel("one row", labels[:1, :2], np.array([[0.0, 1.0]]), [0.5, 0.5]),
    exclusive("two classes", (two := (rng.random(53) < 0.4).astype(int)), softmax_for(two, 2, 2), [0.63, 0.37]),
    exclusive("three classes", (three := rng.integers(0, 3, 59)), softmax_for(three, 3, 3), []),
    exclusive("absent class", (four := rng.integers(0, 3, 31)), softmax_for(four, 4, 2), []),
]

# ---- curves ------------------------------------------------------------------------------------------

y, p = labels[:23, 0].astype(int), scores_for(labels[:23, :1], 1.0, 1)[:, 0]
fpr, tpr, roc_thresholds = metrics.roc_curve(y, p, drop_intermediate=False)
precision, recall, pr_thresholds = metrics.precision_recall_curve(y, p)
curves = {
    "labels": y.tolist(), "scores": p.tolist(),
    "fpr": fpr.tolist(), "tpr": tpr.tolist(), "roc_thresholds": roc_thresholds[1:].tolist(),
    "precision": precision[::-1].tolist(), "recall": recall[::-1].tolist(),
    "pr_thresholds": pr_thresholds[::-1].tolist(),
}

# ---- DeLong ------------------------------------------------------------------------------------------


def psi(positive, negative):
    return 1.0 if positive > negative else 0.5 if positive == negative else 0.0


def components(y, s):
    pairs = np.array([[psi(a, b) for b in s[y == 0]] for a in s[y == 1]])
    return pairs.mean(1), pairs.mean(0)


def delong(y, a, b):
    (a10, a01), (b10, b01) = components(y, a), components(y, b)
    s10, s01 = np.cov(a10, b10), np.cov(a01, b01)
    covariance = s10 / len(a10) + s01 / len(a01)
    difference = b10.mean() - a10.mean()
    error = float(np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    z = difference / error
    return {"labels": y.tolist(), "a": a.tolist(), "b": b.tolist(), "variance_a": covariance[0, 0],
            "variance_b": covariance[1, 1], "difference": difference, "standard_error": error,
            "z": z, "p": 2 * stats.norm.sf(abs(z))}


delong_cases = []
for n, decimals in ((61, 1), (48, 4)):
    y = (rng.random(n) < 0.35).astype(int)
    a = scores_for(y.astype(float), 1.0, decimals)
    b = (0.5 * a + 0.5 * scores_for(y.astype(float), 2.0, decimals)).round(decimals)
    delong_cases.append(delong(y, a, b))

# ---- temperature -------------------------------------------------------------------------------------


def fit(loss):
    best = optimize.minimize_scalar(lambda t: loss(np.exp(t)), bounds=(-4.6, 4.6), method="bounded",
                                    options={"xatol": 1e-12})
    return float(np.exp(best.x))


def temperature_multilabel(labels, z):
    rows = ~np.isnan(labels)
    return fit(lambda t: np.mean(np.logaddexp(0, z[rows] / t) - labels[rows] * z[rows] / t))


def temperature_exclusive(truth, z):
    return fit(lambda t: -special.log_softmax(z / t, 1)[np.arange(len(truth)), truth].mean())


temperatures = []
for sharpness in (0.3, 1, 9):
    z = (sharpness * (rng.normal(0, 1.5, with_gaps.shape) + np.nan_to_num(with_gaps) - 0.5)).round(3)
    temperatures.append({"exclusive": False, "classes": 4, "labels": known(with_gaps.ravel()),
                         "logits": known(z.ravel()), "temperature": temperature_multilabel(with_gaps, z)})
    z = (sharpness * (rng.normal(0, 1, (59, 3)) + np.eye(3)[three])).round(3)
    temperatures.append({"exclusive": True, "classes": 3, "labels": known(np.eye(3)[three].ravel()),
                         "logits": known(z.ravel()), "temperature": temperature_exclusive(three, z)})

# ---- percentiles -------------------------------------------------------------------------------------

percentiles = []
for n in (1, 2, 7, 40):
    values = rng.normal(0, 1, n).round(4)
    percentiles.append({"values": values.tolist(), "interval": np.percentile(values, [2.5, 97.5]).tolist()})

for name, content in {"tables": tables, "curves": curves, "delong": delong_cases,
                      "temperatures": temperatures, "percentiles": percentiles}.items():
    (out / f"{name}.json").write_text(json.dumps(content, separators=(",", ":"), default=float) + "\n")
