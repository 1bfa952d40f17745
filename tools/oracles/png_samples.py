"""Expected values for evax::image::decode_png_samples: the samples as pypng reads them.

    python tools/oracles/png_samples.py tests/fixtures/image

Writes samples.csv: SHA-256 of the samples but alpha as little-endian uint16. Needs pypng.
"""

import array
import hashlib
import pathlib
import sys

import png

out = pathlib.Path(sys.argv[1])
with open(out / "samples.csv", "w") as table:
    table.write("file,width,height,channels,bits,sha256\n")
    for path in sorted((out / "png").glob("*.png")):
        width, height, rows, info = png.Reader(filename=str(path)).read()
        channels = info["planes"] - info["alpha"]
        values = array.array("H")
        for row in rows:
            values.extend(v for i, v in enumerate(row) if i % info["planes"] < channels)
        if sys.byteorder == "big":
            values.byteswap()
        digest = hashlib.sha256(values.tobytes()).hexdigest()
        table.write(f"{path.name},{width},{height},{channels},{info['bitdepth']},{digest}\n")
