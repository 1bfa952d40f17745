#!/usr/bin/env python3
"""The step of pre-training of evax against PyTorch's in eager mode, in turns (docs/benchmarks.md).

    tools/bench-peers.sh                                   # once: makes .venv-bench
    .venv-bench/bin/python tools/bench_pretrain.py [--batch 16] [--threads 2] [--seconds 20] [--rounds 3]
                                                           [--bf16] [tiny small base]

evax runs `evax train` on the X-rays of demo/adult, reading and cropping included; PyTorch's images are in memory. The
teacher is a ViT-B/16 of random weights, the same for both. Figures are medians over the rounds, the ratio that of the
rounds' ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

from bench_peer import Peer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PARTS = ("data", "teacher", "forward", "backward", "optimizer")


def evax(variant, teacher, options):
    """Seconds of each part and images of the steps after the first one."""
    with tempfile.TemporaryDirectory() as folder:
        recipe, run = os.path.join(folder, "r.toml"), os.path.join(folder, "run")
        with open(recipe, "w") as file:
            file.write("task = 'pretrain'\n[data]\nkind = 'folder'\n")
        settings = [f"model.arch=eva_x_{variant}", f"data.images={ROOT}/demo/adult", f"teacher.model={teacher}",
                    f"optim.batch_size={options.batch}", "optim.accumulate=1", f"optim.steps={options.steps}",
                    f"run.threads={options.threads}", f"run.precision={options.precision}", "run.checkpoint_minutes=0"]
        words = [os.path.join(ROOT, "build/bin/evax-train"), "train", recipe, *settings, "--run", run]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(run, "metrics.jsonl")) as file:
            lines = [json.loads(line) for line in file]
    steps = [line for line in lines if "seconds/data" in line][1:]
    sums = {part: sum(line["seconds/" + part] for line in steps) for part in PARTS}
    return len(steps) * options.batch, sums


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", default=["tiny", "small", "base"])
    for name, default in (("batch", 16), ("threads", 2), ("seconds", 20), ("rounds", 3), ("steps", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--bf16", dest="precision", action="store_const", const="bf16", default="fp32",
                        help="by autocast, teacher and student (the CPU should multiply bf16)")
    options = parser.parse_args()
    print("model  batch threads   evax img/s   pytorch img/s   evax / pytorch (lowest, highest)   evax's step: "
          + ", ".join(PARTS))
    for variant in options.variants:
        with tempfile.NamedTemporaryFile(suffix=".ckpt") as teacher:
            peer = Peer("bench_pretrain_peer.py", variant, teacher.name)
            ours, theirs, shares = [], [], []
            for _ in range(options.rounds):
                images, parts = evax(variant, teacher.name, options)
                other = peer(options)
                ours.append(images / sum(parts.values()))
                shares.append({part: parts[part] / sum(parts.values()) for part in PARTS})
                theirs.append(other["images"] / other["seconds"])
            peer.process.stdin.close()
        ratios = [a / b for a, b in zip(ours, theirs)]
        middle = statistics.median
        print(f"{variant:6} {options.batch:5} {options.threads:7} {middle(ours):12.2f} {middle(theirs):15.2f} "
              f"{middle(ratios):16.2f} ({min(ratios):.2f}, {max(ratios):.2f})   "
              + ", ".join(f"{middle(share[part] for share in shares):.1%}" for part in PARTS), flush=True)


if __name__ == "__main__":
    main()
