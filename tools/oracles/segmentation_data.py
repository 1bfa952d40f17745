"""Masks of every kind, and what their pixels are; run-length codes and boxes, and what they draw.

    python tools/oracles/segmentation_data.py tests/fixtures/seg/data

Writes masks/*.png, masks.csv, runs.csv and boxes.csv. The codes are decoded as the article's scripts
do (a flat array, reshaped and transposed), boxes are numpy slices. Needs numpy and pypng.
"""

import csv
import hashlib
import pathlib
import sys

import numpy as np
import png

out = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(7)
W, H = 7, 5


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).hexdigest()


def write_csv(name, header, rows):
    with open(out / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def save(name, planes, **options):
    with open(out / "masks" / name, "wb") as file:
        png.Writer(W, H, **options).write(file, planes.reshape(H, -1).tolist())


def masks():
    """File, classes, mask_values, and the mask; or nothing where it must be refused."""
    two = rng.integers(0, 2, (H, W))
    two[0, :2] = 0, 1
    three = rng.integers(0, 3, (H, W))
    three[0, :3] = 0, 1, 2
    grey = {"greyscale": True}

    def stored(table, array=three):
        return np.array(table)[array]

    palette = {"palette": [(0, 0, 0), (255, 0, 0), (0, 0, 255)], "bitdepth": 2}
    opaque = np.full((H, W), 9)
    cases = [
        ("grey1.png", two, grey | {"bitdepth": 1}, 1, "auto", two),
        ("grey2_white.png", stored([0, 3], two), grey | {"bitdepth": 2}, 1, "auto", two),
        ("grey4_index.png", three, grey | {"bitdepth": 4}, 2, "auto", three),
        ("grey8_01.png", two, grey, 1, "auto", two),
        ("grey8_white.png", 255 * two, grey, 1, "auto", two),
        ("grey8_white.png", 255 * two, grey, 1, "index", 255 * two),
        ("grey8_white.png", 255 * two, grey, 2, "auto", 255 * two),
        ("grey8_ignored.png", stored([0, 1, 255]), grey, 1, "auto", stored([0, 1, 255])),
        ("grey8_index.png", stored([0, 2, 255]), grey, 2, "auto", stored([0, 2, 255])),
        ("grey8_index.png", stored([0, 2, 255]), grey, 1, "auto", None),
        ("grey8_background.png", 0 * two, grey, 1, "auto", 0 * two),
        ("grey16_white.png", 65535 * two, grey | {"bitdepth": 16}, 1, "auto", two),
        ("grey16_index.png", stored([0, 1, 65535]), grey | {"bitdepth": 16}, 1, "auto", stored([0, 1, 255])),
        ("grey16_256.png", 256 * two, grey | {"bitdepth": 16}, 1, "auto", None),
        ("palette.png", three, palette, 2, "auto", three),
        ("rgb.png", np.repeat(255 * two, 3).reshape(H, W, 3), {"greyscale": False}, 1, "auto", two),
        ("rgb_red.png", np.stack([255 * two, 0 * two, 0 * two], -1), {"greyscale": False}, 1, "auto", None),
        ("rgba.png", np.stack([two, two, two, opaque], -1), {"greyscale": False, "alpha": True}, 1, "auto", two),
        ("grey_alpha.png", np.stack([two, opaque], -1), grey | {"alpha": True}, 1, "auto", two),
    ]  # fmt: skip
    for name, planes, options, classes, values, mask in cases:
        save(name, planes, **options)
        yield name, classes, values, "" if mask is None else sha(mask)


def decode(code, width, height):
    flat = np.zeros(width * height, np.uint8)
    at = 0
    for gap, length in code.reshape(-1, 2):
        at += gap
        flat[at : at + length] = 1
        at += length
    return flat.reshape(width, height).T


def runs():
    for width, height, count in [(9, 9, 1), (16, 5, 6), (5, 16, 6), (64, 64, 40), (1, 1, 1)]:
        ends = np.sort(rng.choice(width * height + 1, 2 * count, replace=False))
        code = np.diff(ends, prepend=0)
        yield width, height, " ".join(map(str, code)), sha(decode(code, width, height))


def boxes():
    for width, height, x, y, w, h in [
        (20, 10, 3, 2, 4, 5), (20, 10, 0, 0, 20, 10), (20, 10, 3.7, 2.2, 4.6, 5.9), (20, 10, 19, 9, 1, 1),
        (20, 10, 5, 5, 0, 0), (8, 30, 7.5, 29.5, 0.5, 0.5),
    ]:  # fmt: skip
        mask = np.zeros((height, width), np.uint8)
        mask[int(y) : int(y + h) + 1, int(x) : int(x + w) + 1] = 1
        yield width, height, x, y, w, h, sha(mask)


write_csv("masks.csv", ["file", "classes", "values", "sha256"], masks())
write_csv("runs.csv", ["width", "height", "code", "sha256"], runs())
write_csv("boxes.csv", ["width", "height", "x", "y", "w", "h", "sha256"], boxes())
