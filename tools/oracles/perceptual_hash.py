"""Pillow's and numpy's word on evax/data/perceptual_hash.

Without arguments: the hashes of the demonstration's X-rays, for perceptual_hash_test.cpp.
With folders of X-rays: how far apart two of them are, and how far one is from its own copies."""
import io
import pathlib
import sys

import numpy
from PIL import Image, ImageEnhance

SIDE, KEPT = 64, 16
place, frequency = numpy.arange(SIDE)[None], numpy.arange(1, KEPT + 1)[:, None]
COSINES = numpy.cos(numpy.pi * (2 * place + 1) * frequency / (2 * SIDE))


def bits(image):
    small = numpy.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR), float)
    coefficients = (COSINES @ small @ COSINES.T).ravel()
    return coefficients > numpy.median(coefficients)


def words(image):
    return [sum(1 << i for i in range(64) if part[i]) for part in bits(image).reshape(4, 64)]


def jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


COPIES = {
    "JPEG of quality 50": lambda image: jpeg(image, 50),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "224 x 224": lambda image: image.resize((224, 224)),
    "brighter by a fifth": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "contrast up by 0.3": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "gamma 0.8": lambda image: image.point(lambda value: int(255 * (value / 255) ** 0.8)),
    "2 % cropped on each side": lambda image: image.crop(
        (image.width // 50, image.height // 50, image.width * 49 // 50, image.height * 49 // 50)),
}


def measure(folders):
    paths = [path for folder in folders for path in sorted(pathlib.Path(folder).rglob("*"))
             if path.suffix in (".png", ".jpg", ".jpeg")]
    images = [Image.open(path).convert("L") for path in paths]
    hashes = numpy.array([bits(image) for image in images]).astype(int)
    apart = hashes @ (1 - hashes).T
    apart = apart + apart.T
    print(len(images), "X-rays")
    # NIH names begin with the patient: "00000013_005"; one image may be there at two sizes.
    names = [path.stem if path.stem[:8].isdigit() else str(path) for path in paths]
    patients = numpy.unique([name[:8] if name[:8].isdigit() else name for name in names],
                            return_inverse=True)[1]
    stems = numpy.unique(names, return_inverse=True)[1]
    one = numpy.triu(patients[:, None] == patients) & (stems[:, None] != stems)
    others = numpy.triu(patients[:, None] != patients)
    for what, pairs in (("of one patient", one), ("of different patients", others)):
        if pairs.any():
            print(pairs.sum(), "pairs", what, "are apart at least", apart[pairs].min())
    large = [place for place, image in enumerate(images) if min(image.size) >= 256]
    for name, copy in COPIES.items() if large else ():
        moved = [int((bits(copy(images[place])) != hashes[place]).sum()) for place in large]
        print(f"{name}: at most {max(moved)}, 99 % within {numpy.percentile(moved, 99):.0f}")


if sys.argv[1:]:
    measure(sys.argv[1:])
else:
    for path in sorted((pathlib.Path(__file__).parents[2] / "demo/xrays").iterdir()):
        if path.suffix != ".dcm":
            print(path.name, ", ".join(f"{word:#018x}" for word in words(Image.open(path))))
