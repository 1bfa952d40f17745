#!/usr/bin/env python3
"""PyTorch's training step, for comparison with evax's (docs/benchmarks.md).

    bench_train_peer.py tiny|small|base [segment] [compile]    a classifier at 224 px, or EVA-X with UPerNet at 512 px;
                                                               in eager mode, or by torch.compile (needs g++)

A worker that is driven over pipes, one line each way:

    worker  {"ready": "pytorch 2.13.0"}
    evax    run BATCH THREADS SECONDS [bf16]
    worker  {"images": 64, "seconds": 5.1, "forward": 0.4, "backward": 0.8, "optimizer": 0.02}

The last three are the mean seconds of one step: forward pass with the loss, backward pass, fused
AdamW. One step before the first does not count. The worker ends with its standard input.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from bench_models import EvaX, UperNet


def config(variant, segment):
    heads = {"tiny": 3, "small": 6, "base": 12}[variant]
    return {"embed_dim": 64 * heads, "num_heads": heads, "mlp_hidden": 64 * heads * 8 // 3,
            "depth": 12, "patch_size": 16, "image_size": 512 if segment else 224, "rope_ref_grid": 14,
            "num_classes": 1 if segment else 14, "decoder": {"channels": 256, "pool_scales": [1, 2, 3, 6]}, "sub_ln": variant == "base", "qkv_split": variant == "base"}


def run(variant, segment, compiled, batch, threads, seconds, bf16):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    sizes = config(variant, segment)
    model, size = (UperNet if segment else EvaX)(sizes), sizes["image_size"]
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    network = torch.compile(model) if compiled else model
    images = torch.randn(batch, 3, size, size)
    targets = torch.zeros(batch, 1, size, size) if segment else torch.zeros(batch, 14)
    parts = [0.0, 0.0, 0.0]

    def step():
        times = [time.perf_counter()]
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = F.binary_cross_entropy_with_logits(network(images).float(), targets)
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter())
        for i in range(3):
            parts[i] += times[i + 1] - times[i]

    step()
    parts[:] = [0.0, 0.0, 0.0]
    steps, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds or steps == 0:
        step()
        steps += 1
    return {"images": steps * batch, "seconds": elapsed,
            **dict(zip(("forward", "backward", "optimizer"), (part / steps for part in parts)))}


def main():
    variant, *modes = sys.argv[1:] or sys.exit(__doc__)
    if not {"segment", "compile"}.issuperset(modes):
        sys.exit(__doc__)
    print(json.dumps({"ready": f"pytorch {torch.__version__.split('+')[0]}"}), flush=True)
    for line in sys.stdin:
        try:
            _, batch, threads, seconds, *rest = line.split()
            answer = run(variant, "segment" in modes, "compile" in modes, int(batch), int(threads), float(seconds),
                         rest == ["bf16"])
        except Exception as error:  # one sentence for evax, whatever goes wrong
            answer = {"error": " ".join(str(error).split())[:300]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
