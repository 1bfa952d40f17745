"""Expected values for evax::image::resize_cv2 and resize_nearest: hashes of cv2.resize on 8 bits.

    python tools/oracles/image_cv2.py OUT

Writes OUT/resize_cv2.csv and OUT/resize_nearest.csv (OUT is tests/fixtures/image). Needs numpy, Pillow, torch (for image.py)
and opencv-python-headless; made with 4.10.0.
"""

import itertools
import pathlib
import sys

import cv2

from image import picture, sha256, write_csv

SIZES = [
    ((64, 48), (16, 12)), ((64, 48), (32, 24)), ((64, 48), (64, 48)), ((64, 48), (64, 31)), ((64, 48), (29, 48)),
    ((33, 17), (100, 75)), ((33, 17), (7, 90)), ((1, 1), (5, 4)), ((1, 40), (3, 7)), ((40, 1), (7, 3)), ((97, 89), (1, 1)),
    ((513, 3), (2, 200)), ((300, 377), (512, 512)), ((1024, 1024), (512, 512)), ((1024, 1024), (224, 224)), ((15, 15), (16, 17)),
]  # fmt: skip


def table(interpolation):
    for ((w, h), (ow, oh)), channels in itertools.product(SIZES, (1, 3)):
        array = picture(w, h, channels, w * 1000 + h)
        yield w, h, channels, ow, oh, sha256(cv2.resize(array, (ow, oh), interpolation=interpolation))


if __name__ == "__main__":
    header = ["width", "height", "channels", "out_width", "out_height", "sha256"]
    out = pathlib.Path(sys.argv[1])
    write_csv(out / "resize_cv2.csv", header, table(cv2.INTER_LINEAR))
    write_csv(out / "resize_nearest.csv", header, table(cv2.INTER_NEAREST))
