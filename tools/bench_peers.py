#!/usr/bin/env python3
"""Runs an evax model file in PyTorch, onnxruntime or OpenVINO, for `evax bench --peers`.

    bench_peers.py MODEL check X.npy LOGITS.npy      logits of `evax forward` agree within 1e-3
    bench_peers.py MODEL export OUT.onnx             what the two other engines read
    bench_peers.py MODEL serve ENGINE [ONNX]         ENGINE: pytorch, onnxruntime, openvino

`serve` is a worker that is driven over pipes, one line each way:

    worker  {"ready": "onnxruntime 1.32.0"}
    evax    run BATCH THREADS SECONDS
    worker  {"images": 128, "seconds": 0.51}         or {"error": "one sentence"}

The worker ends with its standard input. THREADS are those of one inference call. Two workers that
run at the same time with one thread each are how these engines use two cores best.
"""

import json
import logging
import sys
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def rope_tables(grid, ref_grid):
    """cos and sin, [grid * grid, 64]; bands 10000^(-j/16), each value twice (spec A.3)."""
    bands = 10000.0 ** (-torch.arange(16) / 16)
    angles = ((torch.arange(grid) / grid * ref_grid)[:, None] * bands).repeat_interleave(2, 1)
    rows = angles[:, None].expand(grid, grid, 32)
    columns = angles[None].expand(grid, grid, 32)
    table = torch.cat([rows, columns], -1).reshape(grid * grid, 64)
    return table.cos(), table.sin()


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["embed_dim"]
        self.heads, self.split = c["num_heads"], c["qkv_split"]
        if self.split:
            self.q_proj, self.v_proj = nn.Linear(d, d), nn.Linear(d, d)
            self.k_proj = nn.Linear(d, d, bias=False)
        else:
            self.qkv = nn.Linear(d, 3 * d, bias=False)
            self.q_bias, self.v_bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(d))
        self.proj = nn.Linear(d, d)

    def rotate(self, x, cos, sin):
        cls, patches = x[:, :, :1], x[:, :, 1:]
        swapped = torch.stack([-patches[..., 1::2], patches[..., ::2]], -1).reshape(patches.shape)
        return torch.cat([cls, patches * cos + swapped * sin], 2)

    def forward(self, x, cos, sin):
        b, n, d = x.shape
        if self.split:
            qkv = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        else:
            bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
            qkv = F.linear(x, self.qkv.weight, bias).split(d, -1)
        q, k, v = (t.reshape(b, n, self.heads, 64).transpose(1, 2) for t in qkv)
        y = F.scaled_dot_product_attention(self.rotate(q, cos, sin), self.rotate(k, cos, sin), v)
        return self.proj(y.transpose(1, 2).reshape(b, n, d))


class SwiGLU(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, h = c["embed_dim"], c["mlp_hidden"]
        if c["qkv_split"]:
            self.fc1_g, self.fc1_x = nn.Linear(d, h), nn.Linear(d, h)
        else:
            self.fc1 = nn.Linear(d, 2 * h)
        self.norm = nn.LayerNorm(h, 1e-6) if c["sub_ln"] else nn.Identity()
        self.fc2 = nn.Linear(h, d)

    def forward(self, x):
        packed = hasattr(self, "fc1")
        gate, value = self.fc1(x).chunk(2, -1) if packed else (self.fc1_g(x), self.fc1_x(x))
        return self.fc2(self.norm(F.silu(gate) * value))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(c["embed_dim"], 1e-6) for _ in range(2))
        self.attn, self.mlp = Attention(c), SwiGLU(c)

    def forward(self, x, cos, sin):
        x = x + self.attn(self.norm1(x), cos, sin)
        return x + self.mlp(self.norm2(x))


class EvaX(nn.Module):
    """EVA-X as in spec A.2, parameters named as in timm."""

    def __init__(self, c):
        super().__init__()
        d, p, grid = c["embed_dim"], c["patch_size"], c["image_size"] // c["patch_size"]
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, d, p, p)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, d))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, d))
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["depth"]))
        self.fc_norm, self.head = nn.LayerNorm(d, 1e-6), nn.Linear(d, c["num_classes"])
        cos, sin = rope_tables(grid, c["rope_ref_grid"])
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, image):
        x = self.patch_embed["proj"](image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.head(self.fc_norm(x[:, 1:].mean(1)))


def load(path):
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["evax"])["model"]
        if config["arch"] != "eva_x" or config["num_classes"] == 0:
            sys.exit(f"{path}: expected an eva_x model with a classifier")
        model = EvaX(config).eval()
        model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})
    return model, config["image_size"]


def check(model, input_path, logits_path):
    with torch.inference_mode():
        logits = model(torch.from_numpy(np.load(input_path))).numpy()
    difference = np.abs(logits - np.load(logits_path)).max()
    print(f"largest difference {difference:.2e}")
    if not difference <= 1e-3:
        sys.exit(1)


def export(model, size, path):
    warnings.simplefilter("ignore")  # the exporter's own deprecations
    logging.disable(logging.WARNING)
    torch.onnx.export(model, (torch.zeros(2, 3, size, size),), path, input_names=["image"],
                      output_names=["logits"], dynamo=True, external_data=False,
                      dynamic_shapes={"image": {0: torch.export.Dim("batch")}}, verbose=False)


class PyTorch:
    name = f"pytorch {torch.__version__.split('+')[0]}"

    def __init__(self, model, _):
        self.model = model

    def prepare(self, images, threads):
        torch.set_num_threads(threads)
        batch = torch.from_numpy(images)
        return lambda: self.model(batch)


class OnnxRuntime:
    def __init__(self, _, path):
        import onnxruntime
        self.name = f"onnxruntime {onnxruntime.__version__}"
        self.module, self.path, self.sessions = onnxruntime, path, {}

    def prepare(self, images, threads):
        if threads not in self.sessions:
            options = self.module.SessionOptions()
            options.intra_op_num_threads = threads
            self.sessions[threads] = self.module.InferenceSession(
                self.path, options, providers=["CPUExecutionProvider"])
        session = self.sessions[threads]
        return lambda: session.run(None, {"image": images})


class OpenVino:
    def __init__(self, _, path):
        import openvino
        self.name = f"openvino {openvino.__version__.split('-')[0]}"
        self.core = openvino.Core()
        self.path, self.requests = path, {}

    def prepare(self, images, threads):
        key = (images.shape, threads)
        if key not in self.requests:
            model = self.core.read_model(self.path)
            model.reshape(list(images.shape))
            compiled = self.core.compile_model(model, "CPU", {
                "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "f32"})
            self.requests[key] = compiled.create_infer_request()
        request = self.requests[key]
        return lambda: request.infer([images])


def run(engine, size, batch, threads, seconds):
    images = np.random.default_rng(0).standard_normal((batch, 3, size, size), np.float32)
    infer = engine.prepare(images, threads)
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds or count == 0:
        infer()
        count += batch
    return {"images": count, "seconds": elapsed}


def serve(model, size, engine_name, path):
    torch.set_grad_enabled(False)
    engines = {"pytorch": PyTorch, "onnxruntime": OnnxRuntime, "openvino": OpenVino}
    engine = engines[engine_name](model, path)
    print(json.dumps({"ready": engine.name}), flush=True)
    for line in sys.stdin:
        try:
            _, batch, threads, seconds = line.split()
            answer = run(engine, size, int(batch), int(threads), float(seconds))
        except Exception as error:  # one sentence for evax, whatever a peer throws
            answer = {"error": " ".join(str(error).split())[:300]}
        print(json.dumps(answer), flush=True)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    path, command, *rest = sys.argv[1:]
    model, size = load(path)
    if command == "check":
        check(model, *rest)
    elif command == "export":
        export(model, size, rest[0])
    elif command == "serve":
        serve(model, size, rest[0], rest[1] if len(rest) > 1 else None)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
