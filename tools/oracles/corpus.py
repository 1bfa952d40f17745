"""Copies of a demonstration X-ray as another data set may hold them, made by Pillow, for
tests/e2e/corpus_test.cpp."""
import pathlib

from PIL import Image, ImageEnhance

ROOT = pathlib.Path(__file__).parents[2]
OUT = ROOT / "tests/fixtures/corpus"

image = Image.open(ROOT / "demo/xrays/00001368_000.png").convert("L")
half = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
half.save(OUT / "00001368_000_q60.jpg", quality=60)
ImageEnhance.Brightness(half).enhance(1.2).convert("RGB").save(
    OUT / "00001368_000_brighter.jpg", quality=80)
