#!/usr/bin/env python3
"""JPEG-LS streams with presets and odd depths, and their samples: tests/fixtures/dicom/jpeg_ls.

usage: jpeg_ls.py OUT_DIR

The C library of Debian's libcharls2 encodes, because no Python package sets presets; the samples are
those that were encoded, and pylibjpeg-libjpeg, another implementation, has to decode the same.
Written to OUT_DIR: NAME.jls and NAME.npy (int32).
"""

import ctypes
import sys
from pathlib import Path

import numpy as np
from libjpeg import decode

lib = ctypes.CDLL("libcharls.so.2")
lib.charls_jpegls_encoder_create.restype = ctypes.c_void_p


class FrameInfo(ctypes.Structure):
    _fields_ = [("width", ctypes.c_uint32), ("height", ctypes.c_uint32), ("bits", ctypes.c_int32),
                ("components", ctypes.c_int32)]


class Preset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("maximum", "t1", "t2", "t3", "reset")]


def call(name, *arguments):
    code = getattr(lib, name)(*arguments)
    if code:
        raise RuntimeError(f"{name}: {code}")


def encode(samples, bits, preset=None, near=0):
    height, width = samples.shape
    data = samples.astype(np.uint8 if bits <= 8 else np.uint16).tobytes()
    encoder = ctypes.c_void_p(lib.charls_jpegls_encoder_create())
    call("charls_jpegls_encoder_set_frame_info", encoder,
         ctypes.byref(FrameInfo(width, height, bits, 1)))
    call("charls_jpegls_encoder_set_near_lossless", encoder, near)
    if preset:
        call("charls_jpegls_encoder_set_preset_coding_parameters", encoder,
             ctypes.byref(Preset(*preset)))
    out = ctypes.create_string_buffer(4 * len(data) + 1024)
    call("charls_jpegls_encoder_set_destination_buffer", encoder, out, ctypes.c_size_t(len(out)))
    call("charls_jpegls_encoder_encode_from_buffer", encoder, data, ctypes.c_size_t(len(data)), 0)
    size = ctypes.c_size_t()
    call("charls_jpegls_encoder_get_bytes_written", encoder, ctypes.byref(size))
    return out.raw[:size.value]


def picture(bits, size=24):
    """A ramp with noise, flat parts (run mode) and both extremes."""
    rng = np.random.default_rng(bits)
    y, x = np.mgrid[:size, :size]
    top = (1 << bits) - 1
    values = (x * top // size + rng.integers(0, max(2, top // 16), (size, size))).clip(0, top)
    values[size // 3:size // 2] = top // 2
    values[0, 0], values[-1, -1] = 0, top
    return values.astype(np.uint16)


CASES = {
    "reset_3": (8, (255, 3, 7, 21, 3), 0),
    "reset_255": (8, (255, 3, 7, 21, 255), 0),
    "thresholds_equal": (8, (255, 9, 9, 9, 64), 0),
    "reset_1000": (12, (4095, 18, 67, 276, 1000), 0),
    "sixteen_bits_reset_3": (16, (65535, 300, 1100, 4500, 3), 0),
    "near_2_reset_7": (8, (255, 9, 17, 37, 7), 2),
    "two_bits": (2, None, 0),
    "seven_bits": (7, None, 0),
    "ten_bits": (10, None, 0),
}

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, (bits, preset, near) in CASES.items():
    samples = picture(bits)
    if preset:
        samples = samples.clip(0, preset[0])
    stream = encode(samples, bits, preset, near)
    decoded = decode(stream)
    assert np.abs(decoded.astype(int) - samples).max() <= near, name
    (folder / f"{name}.jls").write_bytes(stream)
    np.save(folder / f"{name}.npy", decoded.astype(np.int32))
