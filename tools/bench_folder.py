#!/usr/bin/env python3
"""`evax predict` over a folder against Pillow and OpenVINO with a process a core, in turns (docs/benchmarks.md).

    tools/bench-peers.sh                                            # once: makes .venv-bench
    .venv-bench/bin/python tools/bench_folder.py MODEL FOLDER [--precision bf16 int8] [--batch 1 8] [--rounds 5]

A peer process opens, converts to grey, resizes, crops and scales its share of the files with Pillow and NumPy, and
OpenVINO runs them on one thread. Its clock starts when the network is compiled and warm; evax's clock runs over the
whole process, its start and its loading of the model included. Files are in the page cache. evax runs in the precision
that `--precision auto` chooses.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Reader:
    """The preprocessing that the model file asks for: the shorter side is resized, the centre cropped."""

    def __init__(self, preprocess):
        self.size, self.resize = preprocess["crop"], preprocess["resize"]
        self.mean, self.std = (np.array(preprocess[key], np.float32)[:, None, None] for key in ("mean", "std"))

    def __call__(self, path):
        with Image.open(path) as image:
            grey = image.convert("L")
        scale = self.resize / min(grey.size)
        grey = grey.resize([round(side * scale) for side in grey.size], Image.Resampling.BICUBIC)
        left, top = ((side - self.size) // 2 for side in grey.size)
        grey = grey.crop((left, top, left + self.size, top + self.size))
        return (np.asarray(grey, np.float32)[None] / 255 - self.mean) / self.std


def compile_network(onnx, precision, batch, size):
    import openvino
    core = openvino.Core()
    network = core.read_model(onnx + ".static.onnx" if precision == "int8" else onnx)
    network.reshape([batch, 3, size, size])
    return core.compile_model(network, "CPU", {
        "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}).create_infer_request()


def peer(paths, core, onnx, precision, batch, preprocess, start, results):
    os.sched_setaffinity(0, {core})
    read, size = Reader(preprocess), preprocess["crop"]
    request = compile_network(onnx, precision, batch, size)
    images = np.zeros((batch, 3, size, size), np.float32)
    for _ in range(2):
        request.infer([images])
    start.wait()
    for first in range(0, len(paths), batch):
        for slot, path in enumerate(paths[first:first + batch]):
            images[slot] = read(path)
        request.infer([images])
    results.put(len(paths))


def peer_seconds(paths, cores, *arguments):
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(len(cores) + 1), context.Queue()
    workers = [context.Process(target=peer, args=(paths[i::len(cores)], core, *arguments, start, results))
               for i, core in enumerate(cores)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter()
    for worker in workers:
        results.get()
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    return seconds


def evax_seconds(model, folder, output):
    begin = time.perf_counter()
    subprocess.run([ROOT / "build/bin/evax", "predict", model, folder, "--precision", "auto", "-o", output],
                   check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--precision", nargs="+", default=["bf16", "int8"])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    paths = sorted(str(path) for path in options.folder.iterdir())
    cores = sorted(os.sched_getaffinity(0))
    info = json.loads(subprocess.check_output([ROOT / "build/bin/evax", "info", options.model, "--json"]))
    with tempfile.TemporaryDirectory() as scratch:
        onnx = scratch + "/model.onnx"
        subprocess.run([sys.executable, ROOT / "tools/bench_peers.py", options.model, "export", onnx],
                       check=True, stdout=subprocess.DEVNULL)
        rows = [(precision, batch) for precision in options.precision for batch in options.batch]
        ours, theirs = [], {row: [] for row in rows}
        evax_seconds(options.model, options.folder, scratch + "/warm.csv")
        for _ in range(options.rounds):
            ours.append(evax_seconds(options.model, options.folder, scratch + "/out.csv"))
            for row in rows:
                theirs[row].append(peer_seconds(paths, cores, onnx, *row, info["preprocess"]))
    print(f"{len(paths)} images, {len(cores)} cores; seconds, medians of {options.rounds} rounds")
    print(f"evax                      {statistics.median(ours):6.2f}")
    for (precision, batch), seconds in theirs.items():
        ratios = sorted(b / a for a, b in zip(ours, seconds))
        print(f"openvino {precision}, batch {batch:<6} {statistics.median(seconds):6.2f}  "
              f"{statistics.median(ratios):.2f} x ({ratios[0]:.2f}, {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
