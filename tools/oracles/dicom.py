#!/usr/bin/env python3
"""Expected values of the DICOM tests: pydicom and pylibjpeg decode, PS3.3 C.11 is applied here.

usage: dicom.py DATA_DIR OUT_DIR

DATA_DIR holds EXPECTED.md (a table of file, outcome, size, mean, display, view) and the files it
names. Written to OUT_DIR:
  expected.csv       one line per file: what the reader under test must answer
  pictures/*.npy     every 16th pixel of every 16th row (from 8, 8) of the 8-bit pictures, uint8
"""

import csv
import re
import sys
from pathlib import Path

import numpy as np
import pydicom
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import pixel_array

# Decoders may differ by a level in the inverse transform; JPEG-LS near-lossless has none.
LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.91"}
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
FIRST, STEP = 8, 16


def repaired(dataset):
    """Some 12-bit JPEG scan headers end at coefficient 0 where T.81 wants 63."""
    frame = bytearray(next(generate_frames(dataset.PixelData, number_of_frames=1)))
    scan = frame.index(b"\xff\xda")
    length = int.from_bytes(frame[scan + 2:scan + 4], "big")
    frame[scan + length] = 63  # the last but one byte of the segment is Se
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset["PixelData"].is_undefined_length = True
    return dataset


def stored_values(dataset):
    stored_bits = dataset.BitsStored
    if dataset.file_meta.TransferSyntaxUID == JPEG_EXTENDED:
        dataset = repaired(dataset)
        if dataset.BitsAllocated == 16:  # keep pydicom from wrapping what overshoots
            dataset.BitsStored, dataset.HighBit = 12, 11
    values = pixel_array(dataset, index=0).astype(np.int64)
    if dataset.PixelRepresentation == 0 and dataset.file_meta.TransferSyntaxUID in LOSSY:
        values = np.minimum(values, 2**stored_bits - 1)  # white specks stay white
    return values


def first(value):
    return float(value[0] if isinstance(value, (list, pydicom.multival.MultiValue)) else value)


def modality_values(dataset, stored):
    if dataset.get("ModalityLUTSequence"):
        item = dataset.ModalityLUTSequence[0]
        count, low, _ = (int(v) for v in item.LUTDescriptor)
        data = item.LUTData
        table = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.array(data)
        assert table.size == (count or 65536)
        return table[np.clip(stored - low, 0, table.size - 1)].astype(float)
    return stored * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


def windowed(values, center, width, function):
    if function == "LINEAR":
        inner = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    elif function == "LINEAR_EXACT":
        inner = ((values - center) / width + 0.5) * 255
        low, high = center - width / 2, center + width / 2
    else:
        return 255 / (1 + np.exp(-4 * (values - center) / width))
    return np.where(values <= low, 0, np.where(values > high, 255, inner))


def picture(dataset):
    stored = stored_values(dataset)
    values = modality_values(dataset, stored)
    padding = dataset.get("PixelPaddingValue")
    shown = np.ones(stored.shape, bool)
    if padding is not None:
        ends = sorted([int(padding), int(dataset.get("PixelPaddingRangeLimit", padding))])
        shown = (stored < ends[0]) | (stored > ends[1])
    assert not dataset.get("VOILUTSequence")
    center, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if center is not None and width is not None and first(width) >= 1:
        function = dataset.get("VOILUTFunction") or "LINEAR"
        grey = windowed(values, first(center), first(width), function)
    else:
        low, high = values[shown].min(), values[shown].max()
        grey = (values - low) * (255 / (high - low) if high > low else 0)
    grey = np.floor(np.clip(grey, 0, 255) + 0.5)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    return np.where(shown, grey, 0).astype(np.uint8)


def reason(text):
    for key, name in (("not DICOM", "not_dicom"), ("missing PixelData", "missing"),
                      ("missing Rows", "missing"), ("less than expected", "cut"),
                      ("within the pixel data", "cut"), ("no modality", "color"),
                      ("colour", "color")):
        if key in text:
            return name
    return "modality " + re.search(r"modality (\w+)", text)[1]


def main(data, out):
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    table = []
    for line in (data / "EXPECTED.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) != 6 or not cells[0].endswith((".dcm", ".gz")):
            continue
        name, text, size, mean, display, view = cells
        outcome = "read" if text.startswith("read") else "refuse"
        row = {"file": name, "outcome": outcome, "reason": "" if outcome == "read" else reason(text),
               "size": size, "mean": "", "tolerance": "", "window": display, "view": view}
        grey = display != "-" and not name.endswith(("fo_GH364.dcm", "liver_1frame.dcm"))
        if grey:  # also of other modalities: the reader can be forced
            dataset = pydicom.dcmread(data / name)
            pixels = picture(dataset)
            lossy = dataset.file_meta.TransferSyntaxUID in LOSSY
            row["tolerance"] = (3 if "minmax" in display else 2) if lossy else 1
            row["mean"] = f"{pixels.mean():.2f}"
            assert f"{pixels.shape[1]}x{pixels.shape[0]}" == size, name
            if abs(pixels.mean() - float(mean)) > 0.05:
                print(f"{name}: mean {pixels.mean():.2f}, EXPECTED.md says {mean}", file=sys.stderr)
            stem = name.replace("/", "_").removesuffix(".dcm")
            np.save(out / "pictures" / f"{stem}.npy", np.ascontiguousarray(pixels[FIRST::STEP, FIRST::STEP]))
        table.append(row)
    with open(out / "expected.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, table[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
