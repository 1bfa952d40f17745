"""Writes shards from docs/shards.md alone: a fixture for evax/data/shards and seeds for its fuzz target."""

import json
import math
import struct
import zlib
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"


def shard(task, classes, samples):
    """samples: (position, path, patient, width, height, channels, pixels, label, labels)."""
    pictures, records, labels, names = b"", b"", b"", b""
    for position, path, patient, width, height, channels, pixels, label, raw in samples:
        offset = 64 + len(pictures)
        pictures += pixels
        path, patient = path.encode(), patient.encode()
        records += struct.pack("<QIIIIiIII", offset, width, height, channels, zlib.crc32(pixels),
                               label, position, len(path), len(patient))
        labels += struct.pack(f"<{len(raw)}f", *raw)
        names += path + patient
    description = json.dumps({
        "task": task, "classes": classes, "source": "list.csv", "size": 0, "samples": 9,
        "shard": 0, "shards": 1, "fingerprint": "f" * 64,
        "failed": [{"position": 8, "path": "lost.png", "reason": "No such file"}]}).encode()
    tail = records + labels + names + description
    header = struct.pack("<8sIIIIQQI16x", b"EVAXSHRD", 1, len(samples),
                         len(samples[0][8]) if samples else 0, len(description),
                         64 + len(pictures), len(names), zlib.crc32(tail))
    return header + struct.pack("<I", zlib.crc32(header)) + pictures + tail


def main():
    grey, rgb = bytes(range(12)), bytes(range(100, 118))
    multilabel = shard("multilabel", ["Mass", "Edema"], [
        (0, "a/00000001_000.png", "00000001", 4, 3, 1, grey, -1, [1, -1]),
        (5, "b/Röntgen.png", "", 2, 3, 3, rgb, -1, [0, math.nan]),
    ])
    multiclass = shard("multiclass", ["Normal", "Pneumonia", "COVID-19"], [
        (3, "c.png", "p", 1, 1, 1, b"\x07", 2, []),
    ])
    fixtures = TESTS / "fixtures/shards"
    corpus = TESTS / "fuzz/corpus/shard"
    for folder in (fixtures, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    (fixtures / "multilabel.shard").write_bytes(multilabel)
    (fixtures / "multiclass.shard").write_bytes(multiclass)
    seeds = {"multilabel": multilabel, "multiclass": multiclass, "empty": shard("multilabel", [], []),
             "truncated": multilabel[:-30], "header": multilabel[:64], "none": b""}
    for name, seed in seeds.items():
        (corpus / name).write_bytes(seed)
    forged = bytearray(multilabel)
    forged[12:16] = b"\xff\xff\xff\xff"  # records
    (corpus / "many_records").write_bytes(forged)
    forged = bytearray(multilabel)
    tail = 64 + len(grey) + len(rgb)
    forged[tail:tail + 8] = b"\xff" * 8  # the first picture's offset
    (corpus / "far_picture").write_bytes(forged)


if __name__ == "__main__":
    main()
