#!/usr/bin/env python3
"""PyTorch's step of masked image modelling in eager mode, for comparison with evax's (docs/benchmarks.md).

    bench_pretrain_peer.py tiny|small|base TEACHER.pt

Writes a ViT-B/16 of random weights to TEACHER.pt, as MGCA's checkpoints are laid out, and is then driven over pipes, one
line each way, as bench_train_peer.py is:

    worker  {"ready": "pytorch 2.13.0"}
    evax    run BATCH THREADS SECONDS [bf16]
    worker  {"images": 64, "seconds": 5.1, "teacher": 0.9, "forward": 0.4, "backward": 0.8, "optimizer": 0.02}

The last four are the mean seconds of one step. One step before the first does not count.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from bench_models import EvaX
from bench_train_peer import config
from torch import nn


class Student(EvaX):
    """The student: mask token, all tokens encoded, final norm, a linear map to 768 numbers."""

    def __init__(self, variant):
        super().__init__(config(variant, segment=False))
        width = self.cls_token.shape[-1]
        self.mask_token, self.lm_head = nn.Parameter(torch.zeros(1, 1, width)), nn.Linear(width, 768)
        del self.head

    def forward(self, image, mask):
        x = self.patch_embed["proj"](image).flatten(2).transpose(1, 2)
        x = x.detach() * 0.9 + x * 0.1
        w = mask.unsqueeze(-1).to(x.dtype)
        x = x * (1 - w) + self.mask_token * w
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.lm_head(self.fc_norm(x)[:, 1:][mask])


class TeacherBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width), "proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.attn["qkv"](self.norm1(x)).reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = x + self.attn["proj"](y)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class Teacher(nn.Module):
    """ViT-B/16 as MGCA has it."""

    def __init__(self, width=768, depth=12, heads=12):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, 197, width) * 0.02)
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, 16, 16)})
        self.blocks = nn.ModuleList(TeacherBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, 1e-6)

    @torch.no_grad()
    def forward(self, image):
        x = self.patch_embed["proj"](image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 1:]


def run(student, teacher, batch, threads, seconds, bf16):
    torch.set_num_threads(threads)
    optimizer = torch.optim.AdamW(student.parameters(), 3e-4, (0.9, 0.98), 1e-6, 0.05, fused=True)
    images = torch.randn(batch, 3, 224, 224)
    mask = torch.rand(batch, 196).argsort(1) < 59
    parts = [0.0] * 4

    def step():
        times = [time.perf_counter()]
        with torch.autocast("cpu", torch.bfloat16, bf16):
            targets = teacher(images)[mask]
        times.append(time.perf_counter())
        with torch.autocast("cpu", torch.bfloat16, bf16):
            predictions = student(images, mask)
        loss = -F.cosine_similarity(predictions.float(), targets.float(), -1).mean()
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        nn.utils.clip_grad_norm_(student.parameters(), 3.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter())
        for i in range(4):
            parts[i] += times[i + 1] - times[i]

    step()
    parts[:] = [0.0] * 4
    steps, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds or steps == 0:
        step()
        steps += 1
    return {"images": steps * batch, "seconds": elapsed,
            **dict(zip(("teacher", "forward", "backward", "optimizer"), (part / steps for part in parts)))}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    torch.manual_seed(0)
    student, teacher = Student(sys.argv[1]), Teacher()
    prefix = "img_encoder_q.model."
    torch.save({"state_dict": {prefix + name: value for name, value in teacher.state_dict().items()}}, sys.argv[2])
    print(json.dumps({"ready": f"pytorch {torch.__version__.split('+')[0]}"}), flush=True)
    for line in sys.stdin:
        _, batch, threads, seconds, *rest = line.split()
        print(json.dumps(run(student, teacher, int(batch), int(threads), float(seconds), rest == ["bf16"])), flush=True)


if __name__ == "__main__":
    main()
