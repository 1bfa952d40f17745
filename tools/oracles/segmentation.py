"""Writes tests/fixtures/seg/metrics: counts, Dice, Jaccard and Hausdorff distances of small masks.

    python tools/oracles/segmentation.py ARRAYS

ARRAYS is metrics.npz of the segmentation fixtures: five probability maps and labels, 255 ignored. Needs
numpy, scipy and scikit-learn. Made with numpy 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1.
"""

import json
import pathlib
import sys

import numpy as np
from scipy import ndimage
from sklearn import metrics

root = pathlib.Path(__file__).parents[2]
out = root / "tests/fixtures/seg/metrics"
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(5)
SPACING = (0.7, 0.25)


def known(value):
    return None if value is None or not np.isfinite(value) else float(value)


def counts(truth, called):
    """Intersection, prediction, label: cells of scikit-learn's confusion matrix."""
    _, fp, fn, tp = metrics.confusion_matrix(truth, called, labels=[False, True]).ravel().tolist()
    return [tp, tp + fp, tp + fn]


def dice(count):
    return 2 * count[0] / (count[1] + count[2]) if count[1] + count[2] else None


def jaccard(count):
    union = count[1] + count[2] - count[0]
    return count[0] / union if union else None


def edge(mask):
    return mask & ~ndimage.binary_erosion(mask)


def hd95(a, b, spacing):
    if not a.any() or not b.any():
        return None
    a, b = edge(a), edge(b)
    to_a, to_b = (ndimage.distance_transform_edt(~m, sampling=spacing) for m in (a, b))
    return max(np.percentile(to_b[a], 95), np.percentile(to_a[b], 95))


def image(probabilities, label, thresholds):
    """probabilities [C, H, W]; background is what no class is called on."""
    called = probabilities > np.float32(thresholds)[:, None, None]
    valid = label != 255
    planes = [~called.any(0), *called]
    table = [counts((label == c)[valid], plane[valid]) for c, plane in enumerate(planes)]
    pairs = [(called[c] & valid, label == c + 1) for c in range(len(called))]
    return {
        "thresholds": thresholds,
        "counts": table,
        "dice": [dice(c) for c in table],
        "jaccard": [jaccard(c) for c in table],
        "hd95": [known(hd95(*pair, (1, 1))) for pair in pairs],
        "hd95_mm": [known(hd95(*pair, SPACING)) for pair in pairs],
    }


def mean(values):
    values = [v for v in values if v is not None]
    return float(np.mean(values)) if values else None


def total(images):
    """All pixels of a set together, and means over its images."""
    sums = np.sum([i["counts"] for i in images], 0).tolist()
    classes = range(1, len(sums))
    return {
        "counts": sums,
        "dice": [dice(c) for c in sums],
        "jaccard": [jaccard(c) for c in sums],
        "mdice": mean([dice(c) for c in sums]),
        "miou": mean([jaccard(c) for c in sums]),
        "dice_per_image": [mean([i["dice"][c] for i in images]) for c in classes],
        "jaccard_per_image": [mean([i["jaccard"][c] for i in images]) for c in classes],
        "hd95": [mean([i["hd95"][c - 1] for i in images]) for c in classes],
    }


def search(maps):
    """Counts of class 1 at every threshold, by comparing anew for each."""
    table = []
    for k in range(1, 100):
        each = [counts((y == 1)[y != 255], (p[0] > np.float32(k / 100))[y != 255]) for p, y in maps]
        table.append(np.sum(each, 0).tolist())
    return table


def write(name, sets):
    for i, (probabilities, label) in enumerate(sets):
        np.save(out / f"{name}_prob{i}.npy", probabilities)
        np.save(out / f"{name}_label{i}.npy", label)


# ---- one class: the original's maps; several: blobs that overlap --------------------------------------------

arrays = np.load(sys.argv[1])
one = [(arrays[f"prob{i}"][None], arrays[f"label{i}"]) for i in range(5)]


def blobs(shape):
    fields = [ndimage.gaussian_filter(rng.normal(size=shape), 3) for _ in range(3)]
    probabilities = np.stack([1 / (1 + np.exp(-30 * f)) for f in fields[:2]]).astype(np.float32)
    label = (np.argmax(np.stack([0.02 + fields[2] * 0.3, *fields[:2]]), 0)).astype(np.uint8)
    label[rng.random(shape) < 0.03] = 255
    return probabilities, label


several = [blobs((24, 31)), blobs((40, 17)), blobs((9, 9))]
several[2][1][several[2][1] == 2] = 0  # the second class is not there
write("one", one)
write("several", several)

one_images = [image(*pair, [0.3]) for pair in one]
several_images = [image(*pair, [0.5, 0.7]) for pair in several]

# ---- distances -----------------------------------------------------------------------------------------------

distances = []
for i, mask in enumerate([
    rng.random((23, 31)) < 0.03,
    rng.random((40, 7)) < 0.3,
    np.eye(1, 50, 13, dtype=bool),
    np.eye(33, 1, -30, dtype=bool),
]):
    spacing = (1, 1) if i % 2 == 0 else SPACING
    distances.append({
        "shape": mask.shape, "spacing": spacing, "mask": mask.astype(int).ravel().tolist(),
        "distances": ndimage.distance_transform_edt(~mask, sampling=spacing).ravel().tolist(),
    })

text = json.dumps({
    "spacing": SPACING,
    "one": {"images": one_images, "total": total(one_images)},
    "several": {"images": several_images, "total": total(several_images)},
    "search": search(one),
    "distances": distances,
}, separators=(",", ":"))
(out / "figures.json").write_text(text + "\n")
