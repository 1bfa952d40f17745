"""Compares a DICOM Segmentation object, as pydicom reads it, with masks.

    python tools/oracles/dicom_seg.py SEG.dcm MASK.png ...

One mask for each segment, in their order. Needs pydicom, numpy and Pillow; fails where they differ.
"""

import sys

import numpy as np
import pydicom
from PIL import Image

data = pydicom.dcmread(sys.argv[1])
frames = data.pixel_array.reshape(-1, data.Rows, data.Columns)
masks = [np.asarray(Image.open(path)) > 0 for path in sys.argv[2:]]
if len(masks) != len(frames):
    sys.exit(f"{sys.argv[1]}: {len(frames)} segments, {len(masks)} masks")
for frame, mask, segment in zip(frames, masks, data.SegmentSequence, strict=True):
    if not np.array_equal(frame > 0, mask):
        sys.exit(f"{sys.argv[1]}: segment {segment.SegmentNumber} differs from its mask")
    print(f"{segment.SegmentLabel}: {int(mask.sum())} pixels, equal")
