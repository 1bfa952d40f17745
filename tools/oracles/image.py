"""Expected values for evax/image and evax/core/interpolate: Pillow, torchvision's rules, PyTorch.

    python tools/oracles/image.py OUT [--data DIR]

Writes small images and CSV files of hashes to OUT (tests/fixtures/image). With --data also
real.csv: hashes of a few dozen real X-rays, whose paths are relative to DIR.
Needs numpy, Pillow and torch. Made with Pillow 11.3.0 (libjpeg-turbo 3.1.1), torch 2.13.0.
"""

import argparse
import csv
import hashlib
import io
import itertools
import math
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def noise(count, seed):
    """The generator that the C++ tests repeat: bits 16..23 of a linear congruential sequence."""
    values = np.empty(count, np.uint8)
    state = seed
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        values[i] = (state >> 16) & 0xFF
    return values


def picture(width, height, channels, seed):
    """A ramp with noise: neither flat nor without structure."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    ramp = (x * 3 + y * 5 + c * 70) & 0xFF
    return ((ramp + (noise(width * height * channels, seed).reshape(ramp.shape) >> 2)) & 0xFF).astype(np.uint8)


# ---- PNG: an encoder of every kind, for Pillow to read --------------------------------------------


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filter_line(kind, line, above, distance):
    out = bytearray([kind])
    for i, value in enumerate(line):
        a = line[i - distance] if i >= distance else 0
        b = above[i]
        c = above[i - distance] if i >= distance else 0
        out.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 0xFF)
    return bytes(out)


def pack_line(samples, depth):
    if depth == 16:
        return samples.astype(">u2").tobytes()
    if depth == 8:
        return samples.astype(np.uint8).tobytes()
    bits = "".join(format(int(v), f"0{depth}b") for v in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def encode_png(samples, color, depth, interlaced=False, before=b"", idat_bytes=97):
    """samples: height x width x SAMPLES[color]. Filters take turns; IDAT is split into small chunks."""
    height, width, _ = samples.shape
    distance = max(1, SAMPLES[color] * depth // 8)
    raw = bytearray()
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size == 0:
            continue
        above = bytes(len(pack_line(part[0].ravel(), depth)))
        for i, row in enumerate(part):
            line = pack_line(row.ravel(), depth)
            raw += filter_line(i % 5, line, above, distance)
            above = line
    data = zlib.compress(bytes(raw), 6)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
    for i in range(0, len(data), idat_bytes):
        out += chunk(b"IDAT", data[i : i + idat_bytes])
    return out + chunk(b"IEND", b"")


def png_kinds():
    """(name, bytes) of every colour type and depth, plain and interlaced, with odd extras."""
    depths = {GREY: [1, 2, 4, 8, 16], RGB: [8, 16], PALETTE: [1, 2, 4, 8], GREY_ALPHA: [8, 16], RGB_ALPHA: [8, 16]}
    names = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey_alpha", RGB_ALPHA: "rgb_alpha"}
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    for color in depths:
        for depth, interlaced in itertools.product(depths[color], [False, True]):
            before = chunk(b"PLTE", palette[: 2**depth].tobytes()) if color == PALETTE else b""
            samples = rng.integers(0, 2**depth, (37, 23, SAMPLES[color]))  # 16 lines are unfiltered at once
            name = f"{names[color]}{depth}{'_interlaced' if interlaced else ''}.png"
            yield name, encode_png(samples, color, depth, interlaced, before)

    grey = rng.integers(0, 256, (9, 10, 1))
    yield "grey8_gamma.png", encode_png(grey, GREY, 8, before=chunk(b"gAMA", struct.pack(">I", 10000)))
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(b"not a profile"))
    yield "rgb8_profile.png", encode_png(rng.integers(0, 256, (9, 10, 3)), RGB, 8, before=profile)
    yield "grey8_trns.png", encode_png(grey, GREY, 8, before=chunk(b"tRNS", struct.pack(">H", int(grey[0, 0, 0]))))
    clear = chunk(b"PLTE", palette[:16].tobytes()) + chunk(b"tRNS", bytes(range(16)))
    yield "palette4_trns.png", encode_png(rng.integers(0, 16, (9, 10, 1)), PALETTE, 4, before=clear)
    rgb = rng.integers(0, 256, (9, 10, 3))
    clear = chunk(b"tRNS", struct.pack(">HHH", *(int(v) for v in rgb[0, 0])))
    yield "rgb8_trns.png", encode_png(rgb, RGB, 8, before=clear)
    short = chunk(b"PLTE", palette[:5].tobytes())
    yield "palette8_five_colours.png", encode_png(rng.integers(0, 5, (9, 10, 1)), PALETTE, 8, before=short)
    for width, height in [(1, 1), (1, 9), (9, 1), (4, 3), (5, 5)]:
        samples = rng.integers(0, 256, (height, width, 3))
        yield f"rgb8_{width}x{height}_interlaced.png", encode_png(samples, RGB, 8, True)
    # Every 16-bit grey value once: 256 x 256.
    every = np.arange(65536).reshape(256, 256, 1)
    yield "grey16_every_value.png", encode_png(every, GREY, 16, idat_bytes=1 << 20)


def expected_rgb(path):
    with Image.open(path) as image:
        if image.mode.startswith("I"):  # Pillow clips 16-bit grey; evax scales it
            grey = np.rint(np.asarray(image).astype(np.float64) * 255 / 65535).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


# ---- JPEG -----------------------------------------------------------------------------------------


def jpeg_kinds():
    color = Image.fromarray(picture(45, 37, 3, 1))
    grey = Image.fromarray(picture(45, 37, 1, 2)[:, :, 0])

    def encode(image, **options):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", **options)
        return buffer.getvalue()

    for quality in (30, 95):
        yield f"grey_q{quality}.jpg", encode(grey, quality=quality)
        for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
            tag = subsampling.replace(":", "")
            yield f"ycc{tag}_q{quality}.jpg", encode(color, quality=quality, subsampling=subsampling)
    yield "grey_progressive.jpg", encode(grey, progressive=True)
    yield "ycc420_progressive.jpg", encode(color, progressive=True, subsampling="4:2:0")
    yield "ycc444_restart.jpg", encode(color, subsampling="4:4:4", restart_marker_blocks=2)
    yield "rgb.jpg", encode(color, keep_rgb=True, quality=80)
    yield "grey_1x1.jpg", encode(grey.crop((0, 0, 1, 1)))
    yield "ycc420_1x1.jpg", encode(color.crop((0, 0, 1, 1)))
    yield "cmyk_refused.jpg", encode(color.convert("CMYK"))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010E] = "a description before the tag"
        yield f"exif{orientation}.jpg", encode(color, exif=exif)
    exif = Image.Exif()
    exif.endian = ">"
    exif._get_head = lambda: b"MM\x00\x2a\x00\x00\x00\x08"
    exif[0x0112] = 6
    yield "exif6_big_endian.jpg", encode(grey, exif=exif)


def write_files(out, kinds):
    out.mkdir(parents=True, exist_ok=True)
    for name, data in kinds:
        (out / name).write_bytes(data)


def write_csv(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_table(out):
    for path in sorted([*out.glob("png/*.png"), *out.glob("jpeg/*.jpg")]):
        if "refused" in path.name:
            continue
        rgb = expected_rgb(path)
        yield path.relative_to(out), rgb.shape[1], rgb.shape[0], sha256(rgb)


def real_table(data):
    """Every 20th real PNG or JPEG: about five dozen."""
    folders = ["classification", "localization", "segmentation"]
    paths = sorted(p for f in folders for p in (data / f).rglob("*") if p.suffix in (".png", ".jpg"))
    for path in paths[::20]:
        rgb = expected_rgb(path)
        yield path.relative_to(data), rgb.shape[1], rgb.shape[0], sha256(rgb)


# ---- resize and crop ------------------------------------------------------------------------------

FILTERS = {"box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
SIZES = [  # width, height -> width, height
    ((64, 48), (16, 12)), ((64, 48), (64, 48)), ((64, 48), (64, 31)), ((64, 48), (29, 48)), ((33, 17), (100, 75)),
    ((33, 17), (7, 90)), ((1, 1), (5, 4)), ((1, 40), (3, 7)), ((40, 1), (7, 3)), ((97, 89), (1, 1)),
    ((513, 3), (2, 200)), ((3, 513), (200, 2)), ((300, 200), (224, 149)), ((257, 255), (256, 256)),
    ((15, 15), (16, 17)), ((1024, 1024), (256, 256)), ((701, 1023), (224, 327)), ((2000, 70), (20, 19)),
    ((3, 300_000), (37, 41)), ((300_000, 3), (41, 37)),  # strips, resampled in parts
]  # fmt: skip


def resize_table():
    for ((w, h), (ow, oh)), channels in itertools.product(SIZES, (1, 3)):
        array = picture(w, h, channels, w * 1000 + h)
        image = Image.fromarray(array[:, :, 0] if channels == 1 else array)
        for name, resampling in FILTERS.items():
            yield w, h, channels, ow, oh, name, sha256(np.asarray(image.resize((ow, oh), resampling)))


def center_crop(array, width, height):
    """torchvision.transforms.functional.center_crop on an array."""
    h, w = array.shape[:2]
    left, top = ((width - w) // 2 if width > w else 0), ((height - h) // 2 if height > h else 0)
    right, bottom = ((width - w + 1) // 2 if width > w else 0), ((height - h + 1) // 2 if height > h else 0)
    array = np.pad(array, ((top, bottom), (left, right), (0, 0)))
    h, w = array.shape[:2]
    y, x = round((h - height) / 2.0), round((w - width) / 2.0)
    return array[y : y + height, x : x + width]


def crop_table():
    for w, h, ow, oh in [(20, 17, 10, 10), (21, 23, 10, 10), (256, 300, 224, 224), (9, 9, 9, 9), (5, 30, 12, 12),
                         (30, 5, 12, 11), (4, 3, 9, 10), (19, 11, 12, 4), (17, 13, 4, 8)]:  # fmt: skip
        for channels in (1, 3):
            yield w, h, channels, ow, oh, sha256(center_crop(picture(w, h, channels, 7), ow, oh))


# ---- affine maps ------------------------------------------------------------------------------------


def rotation(degrees, w, h):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return c, s, w / 2 - c * w / 2 - s * h / 2, -s, c, h / 2 + s * w / 2 - c * h / 2


def affine_table():
    for (w, h), channels in itertools.product([(1, 1), (2, 3), (31, 22), (64, 17), (7, 90), (224, 224)], (1, 3)):
        matrices = [(1, 0, 0, 0, 1, 0), (1, 0.18, 0, 0, 1, 0), (1, 0, 0, -0.27, 1, 0), (1, 0, 0.27 * w, 0, 1, 0),
                    (1, 0, 0, 0, 1, -0.45 * h), (1, 0, 1e9, 0, 1, 0), (0.31, 0, -0.5, 0, 2.7, 0.25),
                    (-1, 0.1, w, 0.03, -0.9, h), rotation(18, w, h), rotation(-30, w, h), rotation(137, w, h)]  # fmt: skip
        array = picture(w, h, channels, w * 1000 + h)
        image = Image.fromarray(array[:, :, 0] if channels == 1 else array)
        fill = 125 if channels == 1 else (125, 116, 104)
        for matrix in matrices:
            result = image.transform((w, h), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=fill)
            yield w, h, channels, *(repr(float(value)) for value in matrix), sha256(np.asarray(result))


# ---- F.interpolate --------------------------------------------------------------------------------


def interpolate_case(height, width, out_height, out_width, mode, antialias):
    """Input: noise / 16 - 8, float32. One array: header, then the result."""
    plane = (noise(height * width, 99).astype(np.float32) / 16 - 8).reshape(1, 1, height, width)
    result = torch.nn.functional.interpolate(
        torch.from_numpy(plane), size=(out_height, out_width), mode=mode, align_corners=False, antialias=antialias
    ).numpy()
    return result[0, 0]


def write_interpolate(out):
    sizes = [(14, 14, 30, 30), (14, 14, 32, 32), (14, 14, 7, 7), (30, 30, 14, 14), (5, 9, 20, 4), (1, 1, 3, 3), (1, 7, 4, 3),
             (8, 8, 8, 8), (37, 53, 12, 100), (64, 64, 17, 9), (300, 2, 299, 3),
             (400_000, 2, 33, 48), (2, 400_000, 48, 33)]  # fmt: skip; strips, resampled in parts
    rows, values, at = [], [], 0
    for (h, w, oh, ow), mode, antialias in itertools.product(sizes, ("bilinear", "bicubic"), (False, True)):
        result = interpolate_case(h, w, oh, ow, mode, antialias)
        rows.append((h, w, oh, ow, mode, int(antialias), at))
        values.append(result.ravel())
        at += result.size
    write_csv(out / "interpolate.csv", ["height", "width", "out_height", "out_width", "mode", "antialias", "offset"], rows)
    np.save(out / "interpolate.npy", np.concatenate(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    args = parser.parse_args()
    out = args.out
    write_files(out / "png", png_kinds())
    write_files(out / "jpeg", jpeg_kinds())
    read_header = ["path", "width", "height", "sha256"]
    write_csv(out / "read.csv", read_header, read_table(out))
    write_csv(out / "resize.csv", ["width", "height", "channels", "out_width", "out_height", "filter", "sha256"], resize_table())
    write_csv(out / "affine.csv", ["width", "height", "channels", *(f"m{i}" for i in range(6)), "sha256"], affine_table())
    write_csv(out / "crop.csv", ["width", "height", "channels", "out_width", "out_height", "sha256"], crop_table())
    write_interpolate(out)
    if args.data:
        write_csv(out / "real.csv", read_header, real_table(args.data))


if __name__ == "__main__":
    main()
