#!/usr/bin/env python3
"""The training step of evax against PyTorch's in eager mode or compiled, in turns (docs/benchmarks.md).

    tools/bench-peers.sh                                   # once: makes .venv-bench
    .venv-bench/bin/python tools/bench_train.py [--batch 16] [--threads 2] [--seconds 5] [--rounds 5]
                                                           [--segment] [--bf16] [--compile] [tiny small base]

Both use the same release of LibTorch. Every round measures one after the other, so that a busy machine slows both;
the figures are medians over the rounds, and the ratio is the median of the rounds' ratios.
"""

import argparse
import json
import os
import statistics
import subprocess

from bench_peer import Peer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def evax(variant, options):
    words = [os.path.join(ROOT, "build/bin/evax-train"), "bench", "--json", "--models", f"eva_x_{variant}",
             "--batch", str(options.batch), "--threads", str(options.threads), "--seconds", str(options.seconds)]
    words += ["--segment"] if options.segment else []
    words += ["--precision", "bf16"] if options.precision == "bf16" else []
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", default=["tiny", "small", "base"])
    for name, default in (("batch", 16), ("threads", 2), ("seconds", 5), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--segment", action="store_true", help="UPerNet at 512 px instead of a classifier at 224 px")
    parser.add_argument("--bf16", dest="precision", action="store_const", const="bf16", default="fp32",
                        help="by autocast (the CPU should multiply bf16)")
    parser.add_argument("--compile", action="store_true",
                        help="PyTorch by torch.compile, which needs g++, instead of eager mode")
    options = parser.parse_args()
    print("model  batch threads   evax img/s  of peak   pytorch img/s   evax / pytorch (lowest, highest)")
    for variant in options.variants:
        modes = [mode for mode in ("segment", "compile") if getattr(options, mode)]
        peer = Peer("bench_train_peer.py", variant, *modes)
        ours, shares, theirs = [], [], []
        for _ in range(options.rounds):
            row, other = evax(variant, options), peer(options)
            ours.append(row["images_per_second"])
            shares.append(row["fraction_of_peak"])
            theirs.append(other["images"] / other["seconds"])
        ratios = [a / b for a, b in zip(ours, theirs)]
        middle = statistics.median
        print(f"{variant:6} {options.batch:5} {options.threads:7} {middle(ours):12.2f} {middle(shares):8.0%} "
              f"{middle(theirs):15.2f} {middle(ratios):16.2f} ({min(ratios):.2f}, {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()
