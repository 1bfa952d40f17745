"""Writes tests/fixtures/transform: the official evaluation transform (spec C.4) on small pictures.

torchvision's Resize(int) and CenterCrop are Pillow calls with its rounding of sizes and corners;
both are restated here from its documentation, ToTensor and Normalize in float32.
"""
import pathlib

import numpy as np
from PIL import Image

out = pathlib.Path(__file__).parents[2] / "tests/fixtures/transform"
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(0)
MEAN, STD = np.float32(0.49185243), np.float32(0.28509309)


def picture(width, height, channels):
    """Smooth structure plus noise, so that resampling matters everywhere."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 80 * np.sin(x / (5 + c)) * np.cos(y / (7 - c)) for c in range(channels)]
    values = np.stack(planes, -1) + rng.normal(0, 20, (height, width, channels))
    return values.clip(0, 255).astype(np.uint8)


def official(pixels, resize, crop):
    image = Image.fromarray(pixels.squeeze()).convert("RGB")
    w, h = image.size
    short, long = min(w, h), max(w, h)
    if short != resize:
        length = int(resize * long / short)
        image = image.resize((resize, length) if w <= h else (length, resize), Image.BICUBIC)
    w, h = image.size
    left, top = int(round((w - crop) / 2.0)), int(round((h - crop) / 2.0))
    image = image.crop((left, top, left + crop, top + crop))
    unit = np.asarray(image, np.uint8).astype(np.float32) / np.float32(255)
    return ((unit - MEAN) / STD).transpose(2, 0, 1)


def squash(pixels, height, width):
    image = Image.fromarray(pixels.squeeze()).convert("RGB").resize((width, height), Image.BILINEAR)
    unit = np.asarray(image, np.uint8).astype(np.float32) / np.float32(255)
    return ((unit - MEAN) / STD).transpose(2, 0, 1)


cases = {"wide": (61, 47, 1), "tall": (45, 83, 3), "square": (32, 32, 1), "small": (17, 23, 3)}
for name, (w, h, c) in cases.items():
    pixels = picture(w, h, c)
    np.save(out / f"{name}_in.npy", pixels)
    np.save(out / f"{name}_out.npy", official(pixels, 32, 27))
    np.save(out / f"{name}_squash.npy", squash(pixels, 24, 24))
