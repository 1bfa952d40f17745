"""Oracle of full-size teachers: timm's networks with weights from a formula.

    teachers.py    writes tests/fixtures/teachers/ (committed; README.md there says what is what)

All arithmetic is float64 on float32 weights, so that only the rounding of the code under test is
seen. Needs numpy, torch and timm 1.0.19.
"""
import pathlib

import numpy as np
import torch
from baselines import fill, numbers
from weights import import_timm

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "teachers"
TEACHERS = {"eva02_clip_base": "eva02_base_patch16_clip_224",  # with its projection, 512
            "eva02_clip_large": "eva02_large_patch14_clip_224",  # 768
            "eva01_clip_giant": "eva_giant_patch14_clip_224",  # 1024; takes 13 GiB of memory
            "vit_base": "vit_base_patch16_224"}  # MGCA's, without a head


def main():
    timm = import_timm()
    OUT.mkdir(exist_ok=True)
    image = (2 * numbers(65536, (1, 3, 224, 224))).float().double()
    for ours, theirs in TEACHERS.items():
        network = timm.create_model(theirs)
        if ours == "vit_base":
            network.reset_classifier(0)
        fill(network).double().eval()
        with torch.no_grad():
            tokens = network.head(network.forward_features(image))  # after the final norm
        np.save(OUT / f"{ours}.npy", tokens[0, 1::28].float().numpy())


if __name__ == "__main__":
    main()
