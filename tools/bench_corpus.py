#!/usr/bin/env python3
"""Packing a corpus with evax against a loop of Pillow's that only reads and resizes, in turns (docs/benchmarks.md).

    tools/oracles.sh                                       # once: makes .venv-oracle
    .venv-oracle/bin/python tools/bench_corpus.py FOLDER [--copies 6] [--processes 1 2] [--rounds 3]

FOLDER holds loose images, for instance PNG files of 1024 x 1024. evax packs them into shards with hashes, checksums and the merged
lists; Pillow opens, converts to grey and resizes to 336 x 336, bilinearly, and keeps nothing. Both have as many
threads or processes, and take turns round by round, so that a busy machine slows both. The files are in the page cache.
"""

import argparse
import multiprocessing
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
SIZE = (336, 336)


def resize(path):
    with Image.open(path) as image:
        image.convert("L").resize(SIZE, Image.Resampling.BILINEAR).load()


def pillow_seconds(paths, processes):
    with multiprocessing.Pool(processes) as pool:
        pool.map(resize, paths[:processes])  # started
        begin = time.perf_counter()
        pool.map(resize, paths, chunksize=4)
        return time.perf_counter() - begin


def evax_seconds(corpus, output, threads):
    shutil.rmtree(output, ignore_errors=True)
    words = [ROOT / "build/bin/evax", "data", "pack", corpus, "-o", output, "--threads", str(threads)]
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "images")
        folder.mkdir()
        for copy in range(options.copies):
            for path in sorted(options.folder.iterdir()):
                shutil.copy(path, folder / f"{copy}_{path.name}")
        paths = sorted(map(str, folder.iterdir()))
        corpus = pathlib.Path(scratch, "corpus.toml")
        corpus.write_text(f'[data]\nkind = "merged"\n[data.source.images]\nkind = "folder"\nimages = "{folder}"\n')
        print(f"{len(paths)} images; images/s, medians of {options.rounds} rounds")
        print("threads    evax  Pillow  evax / Pillow (lowest, highest)")
        for processes in options.processes:
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(len(paths) / evax_seconds(corpus, scratch + "/out", processes))
                theirs.append(len(paths) / pillow_seconds(paths, processes))
            ratios = [a / b for a, b in zip(ours, theirs)]
            print(f"{processes:7} {statistics.median(ours):7.1f} {statistics.median(theirs):7.1f}  "
                  f"{statistics.median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})")


if __name__ == "__main__":
    main()
