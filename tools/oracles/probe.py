"""Oracle of the online evaluation (evax/train/probe): scikit-learn and NumPy.

    python tools/oracles/probe.py    # writes tests/fixtures/train/probe.safetensors

Needs numpy, safetensors and scikit-learn. Made with scikit-learn 1.9.1 and numpy 2.4.6.
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "train"
LEARNT, JUDGED, DIM, CLASSES, NEIGHBOURS = 150, 80, 24, 3, 20
random = np.random.default_rng(0)


def features_and_scores(count, directions):
    """Correlated channels of different scales, one of them constant; noisy scores of the classes."""
    hidden = random.normal(size=(count, 6))
    features = hidden @ directions[:6] + 0.5 * random.normal(size=(count, DIM))
    features = features * np.linspace(0.1, 3, DIM) + np.linspace(-1, 2, DIM)
    features[:, 5] = 0.25
    return features.astype(np.float32).astype(np.float64), hidden @ directions[6:, :CLASSES]


def neighbour_votes(learnt, labels, judged):
    """Per class, the images vote whose label is known."""
    columns = []
    for column in labels.T:
        known = ~np.isnan(column)
        knn = KNeighborsClassifier(NEIGHBOURS, metric="cosine", algorithm="brute",
                                   weights=lambda distance: np.exp((1 - distance) / 0.07))
        columns.append(knn.fit(learnt[known], column[known]).predict_proba(judged)[:, 1])
    return np.stack(columns, 1)


def regression(learnt, labels, solver):
    return LogisticRegression(C=1 / DIM, tol=1e-12, max_iter=100_000, solver=solver).fit(learnt, labels)


def linear_multilabel(learnt, labels, judged):
    fits = [regression(learnt[~np.isnan(y)], y[~np.isnan(y)], "newton-cholesky") for y in labels.T]
    return (np.stack([fit.coef_[0] for fit in fits], 1), np.stack([fit.intercept_[0] for fit in fits]),
            np.stack([fit.predict_proba(judged)[:, 1] for fit in fits], 1))


def linear_exclusive(learnt, labels, judged):
    known = ~np.isnan(labels[:, 0])
    fit = regression(learnt[known], labels[known].argmax(1), "lbfgs")
    return fit.coef_.T, fit.intercept_, fit.predict_proba(judged)


def mean_auc(labels, scores):
    areas = []
    for y, p in zip(labels.T, scores.T):
        known = ~np.isnan(y)
        areas.append(roc_auc_score(y[known], p[known]))
    return np.array([np.mean(areas)])


def one_hot(scores):
    return np.eye(CLASSES)[scores.argmax(1)]


directions = random.normal(size=(12, DIM))
learnt, learnt_scores = features_and_scores(LEARNT, directions)
judged, judged_scores = features_and_scores(JUDGED, directions)
tensors = {"learnt.features": learnt, "judged.features": judged}
scaler = StandardScaler().fit(learnt)
standardised = scaler.transform(learnt), scaler.transform(judged)
for task in ["multilabel", "multiclass"]:
    if task == "multilabel":
        labels = [(scores + 2 * random.normal(size=scores.shape) > 1).astype(float)
                  for scores in (learnt_scores, judged_scores)]
        labels[0][random.random(labels[0].shape) < 0.15] = np.nan
        labels[0][:, 0] = np.nan_to_num(labels[0][:, 0])  # one class is known throughout
        labels[1][random.random(labels[1].shape) < 0.1] = np.nan
        fit = linear_multilabel
    else:
        labels = [one_hot(scores + 2 * random.normal(size=scores.shape))
                  for scores in (learnt_scores, judged_scores)]
        labels[0][7] = np.nan  # an unlabelled image
        fit = linear_exclusive
    weight, bias, probabilities = fit(standardised[0], labels[0], standardised[1])
    votes = neighbour_votes(learnt, labels[0], judged)
    tensors |= {f"{task}.{name}": value for name, value in {
        "learnt.labels": labels[0], "judged.labels": labels[1], "votes": votes, "weight": weight,
        "bias": bias, "probabilities": probabilities, "knn_auc": mean_auc(labels[1], votes),
        "linear_auc": mean_auc(labels[1], probabilities)}.items()}

unit = judged / np.linalg.norm(judged, axis=1, keepdims=True)
values = np.linalg.svd(judged, compute_uv=False)
shares = values / values.sum()
tensors["feature_std"] = np.array([unit.std(axis=0).mean()])
tensors["feature_rank"] = np.array([np.exp(-(shares * np.log(shares)).sum())])
save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()},
          OUT / "probe.safetensors")
for name, tensor in tensors.items():
    print(name, tensor.shape, tensor if tensor.size == 1 else "")
