"""Oracle of what networks cost (evax/weights/cost.h): timm's parameters, PyTorch's FLOP counter.

    python tools/oracles/cost.py    # writes tests/fixtures/weights/cost.json

Needs torch, safetensors and timm 1.0.19; torchvision may be missing (weights.py). PyTorch counts two FLOPs for a
multiply-accumulate, of matrix products, convolutions and attention.
"""

import json
import pathlib
from collections import defaultdict

import torch
from torch.utils.flop_counter import FlopCounterMode
from weights import import_timm

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures/weights/cost.json"
CASES = [  # variant, image size, classes
    ("eva_x_tiny", 224, 14), ("eva_x_small", 224, 5), ("eva_x_base", 224, 14), ("eva_x_small", 480, 3), ("eva_x_tiny", 112, 0),
    ("vit_small", 224, 14), ("resnet50", 224, 1000), ("resnet50", 250, 14), ("densenet121", 224, 1000), ("densenet121", 250, 0),
]


def network(timm, variant, size, classes):
    if not variant.startswith(("eva_x", "vit")):
        return timm.create_model(variant, num_classes=classes)
    dim = {"tiny": 192, "small": 384, "base": 768}[variant.split("_")[-1]]
    common = {"img_size": size, "embed_dim": dim, "num_heads": dim // 64, "num_classes": classes, "global_pool": "avg"}
    if variant.startswith("vit"):
        return timm.models.vision_transformer.VisionTransformer(**common)
    base = variant == "eva_x_base"
    return timm.models.eva.Eva(patch_size=16, depth=12, mlp_ratio=4 * 2 / 3, swiglu_mlp=True, qkv_fused=not base,
                               scale_mlp=base, use_rot_pos_emb=True, ref_feat_shape=(14, 14), **common)


def stage(name):
    """What a parameter or module belongs to; a lone norm to the stage before it."""
    parts = name.split(".")
    if parts[0] != "blocks":
        parts = parts[1:] if parts[0] == "features" else parts
        names = {"cls_token": "patch_embed", "pos_embed": "patch_embed", "fc_norm": "head", "norm": "head",
                 "bn1": "conv1", "norm0": "conv0", "norm5": "denseblock4"}
        return names.get(parts[0], parts[0])
    names = {"attn": "attention", "norm1": "attention", "mlp": "mlp", "norm2": "mlp"}
    return names[parts[2]]


def cost(timm, variant, size, classes):
    model = network(timm, variant, size, classes).eval()
    parameters, macs = defaultdict(int), defaultdict(int)
    for name, parameter in model.named_parameters():
        parameters[stage(name)] += parameter.numel()
    counter = FlopCounterMode(display=False, depth=None)
    with torch.no_grad(), counter:
        model(torch.zeros(1, 3, size, size))
    depth = 3 if hasattr(model, "blocks") else 2 if variant == "densenet121" else 1
    for name, operations in counter.get_flop_counts().items():
        parts = name.split(".")[1:]  # without the network's own name
        last = depth if parts and parts[0] in ("blocks", "features") else 1
        if len(parts) == last:
            macs[stage(".".join(parts))] += sum(operations.values()) // 2
    total = counter.get_total_flops() // 2
    assert sum(macs.values()) == total, (variant, dict(macs), total)
    return {"variant": variant, "image_size": size, "classes": classes, "parameters": sum(parameters.values()),
            "macs": total, "stages": {name: [count, macs[name]] for name, count in parameters.items()}}


timm = import_timm()
timm.layers.set_fused_attn(False)  # PyTorch does not count its fused one on the CPU
cases = [cost(timm, *case) for case in CASES]
OUT.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
for case in cases:
    print(case["variant"], case["image_size"], case["parameters"], case["macs"] / 1e9, case["stages"])
