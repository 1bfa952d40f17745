"""Writes tests/fixtures/seg/masks.json: parts of masks by SciPy, their borders by OpenCV.

    python tools/oracles/masks.py

Needs numpy, scipy and opencv-python-headless; made with 1.17.1 (scipy) and 4.10.0 (OpenCV).
"""

import json
import pathlib

import cv2
import numpy as np
from scipy import ndimage

root = pathlib.Path(__file__).parents[2]
rng = np.random.default_rng(11)


def drawn(*lines):
    return np.array([[c != "." for c in line] for line in lines])


def blobs(shape, sigma, share):
    field = ndimage.gaussian_filter(rng.normal(size=shape), sigma)
    return field > np.quantile(field, 1 - share)


MASKS = [
    np.zeros((3, 4), bool),
    np.ones((3, 4), bool),
    np.ones((1, 1), bool),
    np.ones((1, 6), bool),
    np.ones((6, 1), bool),
    drawn("#....", ".#...", "..#..", ".#..#"),
    drawn("#######", "#.....#", "#.#.#.#", "#.....#", "#######"),  # parts within a hole
    drawn("..#..", ".###.", "#####", ".###.", "..#.."),
    drawn(".#.#.", "##.##", ".....", "#.#.#"),
    *(rng.random((h, w)) < p for h, w, p in [(13, 17, 0.2), (13, 17, 0.5), (9, 30, 0.7)]),
    *(blobs(shape, s, p) for shape, s, p in [((40, 33), 2, 0.4), ((64, 50), 4, 0.5), ((31, 64), 1.2, 0.3)]),
]  # fmt: skip


def components(mask):
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    outer, tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    borders = {}
    for contour, (_, _, _, parent) in zip(outer, tree[0] if count else [], strict=True):
        if parent == -1:
            x, y = contour[0, 0]
            borders[int(labels[y, x])] = contour[:, 0].tolist()
    for k, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        y, x = np.argwhere(labels == k)[0].tolist()
        yield {
            "first": [x, y], "area": int((labels == k).sum()), "contour": borders[k],
            "box": [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start],
        }  # fmt: skip


cases = [
    {
        "width": mask.shape[1], "height": mask.shape[0],
        "mask": "".join("#" if v else "." for v in mask.ravel()), "components": list(components(mask)),
    }
    for mask in MASKS
]  # fmt: skip
text = json.dumps(cases, separators=(",", ":"))
(root / "tests/fixtures/seg/masks.json").write_text(text + "\n")
