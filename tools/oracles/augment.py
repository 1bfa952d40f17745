"""Writes tests/fixtures/augment: timm 0.4.12's RandAugment operations, crop and Mixup on small pictures.

    python tools/oracles/augment.py .venv-oracle/timm-0.4.12

The argument is the folder timm 0.4.12 lies in. Needs numpy, Pillow and torch. Made with
Pillow 11.3.0 and torch 2.13.0.
"""

import csv
import importlib.util
import pathlib
import random
import sys
from unittest import mock

import numpy as np
import torch
from PIL import Image

root = pathlib.Path(__file__).parents[2]
out = root / "tests/fixtures/augment"
out.mkdir(parents=True, exist_ok=True)


def load(name):
    """A file of timm by itself: the package as a whole asks for torchvision."""
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(sys.argv[1]) / f"timm/data/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


auto_augment, mixup = load("auto_augment"), load("mixup")
rng = np.random.default_rng(4)


def noisy(width, height, channels):
    """Smooth structure with noise, some of it beyond black and white."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [120 + 110 * np.sin(x / (4 + c)) * np.cos(y / (6 - c)) for c in range(channels)]
    values = np.stack(planes, -1) + rng.normal(0, 20, (height, width, channels))
    return values.clip(0, 255).astype(np.uint8)


xray = Image.open(root / "demo/xrays/00001962_000.png").convert("L").resize((64, 64), Image.BICUBIC)
xray = np.asarray(xray.crop((9, 13, 9 + 41, 13 + 36)))[..., None]
pictures = {  # pixels, fill
    "grey": (noisy(31, 22, 1), (125,) * 3),
    "rgb": (noisy(19, 26, 3), (124, 116, 104)),
    "xray": (xray, (125,) * 3),
    "dark": (noisy(17, 16, 1) // 4 + 30, (129,) * 3),
    "flat": (np.full((4, 5, 1), 77, np.uint8), (125,) * 3),
    "tiny": (np.array([[[3], [250]]], np.uint8), (125,) * 3),
}

# ---- the operations ---------------------------------------------------------------------------------

plain = ["AutoContrast", "Equalize", "Invert"]
unsigned = ["Posterize", "PosterizeIncreasing", "Solarize", "SolarizeIncreasing", "SolarizeAdd",
            "Color", "Contrast", "Brightness", "Sharpness"]
signed = ["Rotate", "ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing",
          "SharpnessIncreasing", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel"]
cases = [(name, 6.0, 0) for name in plain]
cases += [(name, level, 0) for name in unsigned for level in (0.0, 3.3, 6.0, 10.0)]
cases += [(name, level, negate) for name in signed for level in (3.3, 6.0, 10.0) for negate in (0, 1)]
cases += [(name, 0.0, 0) for name in signed]


def operate(image, name, level, negate, fill):
    hparams = dict(img_mean=fill, interpolation=Image.BICUBIC)
    operation = auto_augment.AugmentOp(name, prob=1.0, magnitude=level, hparams=hparams)
    with mock.patch.object(random, "random", lambda: 0.75 if negate else 0.25):
        return operation(image)


def run(name, pixels, fill):
    results = []
    for case in cases:
        result = np.asarray(operate(Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
                                    .convert("RGB"), *case, fill))
        if pixels.shape[-1] == 1:
            assert (result == result[..., :1]).all(), (name, case)
            result = result[..., :1]
        results.append(result)
    np.save(out / f"{name}_in.npy", pixels)
    np.save(out / f"{name}_out.npy", np.stack(results))


for name, (pixels, fill) in pictures.items():
    run(name, pixels, fill)
with open(out / "cases.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["operation", "level", "negate"])
    writer.writerows(cases)

# ---- crop: torchvision's resized_crop is a crop, then a resize ---------------------------------------

crops = [("grey", 3, 2, 25, 17), ("rgb", 0, 4, 19, 11), ("xray", 10, 0, 12, 36), ("xray", 5, 6, 24, 24)]
resized = []
with open(out / "crops.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["picture", "left", "top", "width", "height"])
    for name, left, top, width, height in crops:
        writer.writerow([name, left, top, width, height])
        image = Image.fromarray(pictures[name][0].squeeze()).convert("RGB")
        image = image.crop((left, top, left + width, top + height)).resize((24, 24), Image.BICUBIC)
        resized.append(np.asarray(image))
np.save(out / "crops.npy", np.stack(resized))

# ---- Mixup: a whole batch with given draws ------------------------------------------------------------

classes = 5
images = torch.from_numpy(rng.normal(size=(6, 3, 9, 11)).astype(np.float32))
labels = torch.tensor([0, 3, 1, 4, 4, 2])
np.save(out / "mix_images.npy", images.numpy())
np.save(out / "mix_targets.npy", np.eye(classes, dtype=np.float32)[labels])
with open(out / "mix.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["cut", "lam", "centre_y", "centre_x", "corrected"])
    mixed_images, mixed_targets = [], []
    for cut, lam, *centre in [(0, 0.3), (0, 0.8125), (1, 0.4, 4, 6), (1, 0.7, 0, 10), (1, 0.05, 8, 0), (1, 0.999, 3, 3)]:
        mix = mixup.Mixup(mixup_alpha=1.0, cutmix_alpha=1.0, label_smoothing=0.0, num_classes=classes)
        draws = iter(centre)
        with mock.patch.object(mix, "_params_per_batch", lambda: (lam, bool(cut))), \
             mock.patch.object(np.random, "randint", lambda *_, **__: next(draws)):
            x = images.clone()
            corrected = mix._mix_batch(x)
        mixed_images.append(x.numpy())
        mixed_targets.append(mixup.mixup_target(labels, classes, corrected, 0.0, "cpu").numpy())
        writer.writerow([cut, lam, *(centre or (0, 0)), repr(float(corrected))])
np.save(out / "mixed_images.npy", np.stack(mixed_images))
np.save(out / "mixed_targets.npy", np.stack(mixed_targets))
