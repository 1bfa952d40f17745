"""Oracle of the shipped demonstration model: its logits by timm and Pillow on the pictures in demo/xrays.

    demo.py build/bin/evax        writes tests/fixtures/demo/shipped.csv (DICOM is not Pillow's and left out)
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

from weights import import_timm

ROOT = pathlib.Path(__file__).resolve().parents[2]


def preprocessed(path):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    short, size = 256, 224
    if width <= height:
        image = image.resize((short, int(short * height / width)), Image.BICUBIC)
    else:
        image = image.resize((int(short * width / height), short), Image.BICUBIC)
    left, top = round((image.width - size) / 2), round((image.height - size) / 2)
    pixels = np.asarray(image.crop((left, top, left + size, top + size)), dtype=np.float32) / 255
    return torch.from_numpy((pixels - 0.49185243) / 0.28509309).permute(2, 0, 1)[None].float()


def main(evax):
    timm = import_timm()
    with tempfile.TemporaryDirectory() as folder:
        hub = pathlib.Path(folder) / "hub"
        subprocess.run([evax, "export", ROOT / "demo/pneumonia.safetensors", "-o", hub, "--layout", "hf"],
                       check=True)
        model = timm.create_model(f"local-dir:{hub}", pretrained=True).float().eval()
    with open(ROOT / "tests/fixtures/demo/shipped.csv", "w", newline="") as out, torch.no_grad():
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["file", "logit_Normal", "logit_Pneumonia"])
        for path in sorted((ROOT / "demo/xrays").iterdir()):
            if path.suffix != ".dcm":
                normal, pneumonia = model(preprocessed(path))[0].tolist()
                rows.writerow([path.name, f"{normal:.6f}", f"{pneumonia:.6f}"])


if __name__ == "__main__":
    main(sys.argv[1])
