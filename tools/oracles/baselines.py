"""Oracle of the baselines that EVA-X is compared with: timm's networks with weights from a formula.

    baselines.py    writes tests/fixtures/baselines/ (committed; README.md there says what is what)

All arithmetic is float64 on float32 weights, so that only the rounding of the code under test is
seen. Needs numpy, torch, safetensors and timm 1.0.19; torchvision may be missing (weights.py).
"""
import json
import math
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from weights import import_timm

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "baselines"
CLASSES, IMAGES, SIDE = 5, 2, 64
TARGETS = [[1, 0, 1, 0, 1], [0, 1, 0, 0, 1]]


# --- the formula (tests/fixtures/parity/formula_logits.json, `recipe.random`) ---------------------


def numbers(stream, shape):
    """Outputs stream * 2^32 ... of SplitMix64 with seed 0, in [-1, 1)."""
    count = math.prod(shape)
    first = np.uint64(((stream << 32) + 1) & (2**64 - 1))
    z = (np.arange(count, dtype=np.uint64) + first) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return torch.from_numpy(2 * ((z >> np.uint64(11)) * 2.0**-53) - 1).reshape(shape)


def value(name, stream, shape):
    s = numbers(stream, shape)
    if name.endswith("running_var"):
        return 1 + 0.5 * s
    if len(shape) > 1 and name not in ("cls_token", "pos_embed"):
        return math.sqrt(3 * shape[0] / math.prod(shape)) * s  # sqrt(3 / fan_in)
    if len(shape) == 1 and name.endswith("weight"):  # of a normalisation
        return 1 + 0.1 * s
    return 0.1 * s


def fill(network):
    """Float32 values in place; stream p is the p-th name, sorted by its bytes."""
    state = network.state_dict()
    names = sorted(name for name in state if not name.endswith("num_batches_tracked"))
    for stream, name in enumerate(names):
        state[name].copy_(value(name, stream, tuple(state[name].shape)).float())
    return network


def images():
    return (2 * numbers(65536, (IMAGES, 3, SIDE, SIDE))).float()


# --- what is written ------------------------------------------------------------------------------


def plain(tensor):
    """Nested lists of numbers of nine digits."""
    def short(text):
        return float(f"{float(text):.9g}")

    return json.loads(json.dumps(tensor.detach().tolist()), parse_float=short)


def summary(tensor):
    """[sum, sum of absolute values, the first four values]."""
    return plain(torch.cat([tensor.sum().reshape(1), tensor.abs().sum().reshape(1),
                            tensor.flatten()[:4]]))


def step(network, features):
    """Outputs and gradients of the network as it is set (eval or train)."""
    x = images().double()
    network.zero_grad()
    logits = network(x)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.tensor(TARGETS, dtype=torch.float64))
    loss.backward()
    result = {"logits": plain(logits), "loss": loss.item(),
              "gradients": {n: summary(p.grad) for n, p in network.named_parameters()}}
    if features:
        with torch.no_grad():
            result["features"] = plain(
                network.forward_head(network.forward_features(x), pre_logits=True))
    return result


def write(name, content):
    lines = json.dumps(content).replace('"gradients"', '\n"gradients"').replace("], \"", "],\n\"")
    (OUT / name).write_text(lines + "\n")


# --- plain vision transformers --------------------------------------------------------------------


def vit(timm, name, pool, **sizes):
    network = timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE, patch_size=16, num_classes=CLASSES, mlp_ratio=4, global_pool=pool, **sizes)
    fill(network)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()},
              OUT / f"{name}.safetensors")
    network.double().eval()
    tokens = []
    hook = network.blocks[-1].register_forward_hook(lambda module, inputs, output: tokens.append(output))
    result = step(network, features=True)
    hook.remove()
    result["tokens"] = plain(tokens[0])
    write(f"{name}.json", {"targets": TARGETS, **result})


# --- convolutional networks -----------------------------------------------------------------------


def cnn(timm, name):
    """Evaluation, then one training forward and backward, which moves the running statistics."""
    network = fill(timm.create_model(name, num_classes=CLASSES)).double()
    result = {"targets": TARGETS, "eval": step(network.eval(), features=True),
              "train": step(network.train(), features=False)}
    result["train"]["statistics"] = {n: summary(b) for n, b in network.named_buffers()
                                     if "running_" in n}
    write(f"{name}.json", result)


def grad_cam(timm, name):
    """Grad-CAM before relu, [images, classes, 2, 2], where the original looks (spec E): behind the normalisation
    alone, which timm's DenseNet has in one module with the activation."""
    network = fill(timm.create_model(name, num_classes=CLASSES)).double().eval()
    layer = network.layer4[2].bn3 if name == "resnet50" else network.features.denseblock4.denselayer16.norm1.drop
    kept = []

    def keep(module, inputs, output):
        kept.append(output)
        return output.clone()  # what follows overwrites it

    layer.register_forward_hook(keep)
    logits = network(images().double())
    maps = []
    for c in range(CLASSES):
        gradient, = torch.autograd.grad(logits[:, c].sum(), kept[0], retain_graph=True)
        maps.append((gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1))
    return plain(torch.stack(maps, 1))


def shapes(timm, name):
    return [[key, list(tensor.shape)] for key, tensor in timm.create_model(name).state_dict().items()
            if not key.endswith("num_batches_tracked")]


def main():
    timm = import_timm()
    OUT.mkdir(exist_ok=True)
    np.save(OUT / "images.npy", images().numpy())
    vit(timm, "vit_token", "token", embed_dim=64, depth=2, num_heads=1)
    vit(timm, "vit_avg", "avg", embed_dim=128, depth=1, num_heads=2)
    cnns = ("resnet50", "densenet121")
    for name in cnns:
        cnn(timm, name)
    write("grad_cam.json", {name: grad_cam(timm, name) for name in cnns})
    write("cnn_shapes.json", {name: shapes(timm, name) for name in cnns})


if __name__ == "__main__":
    main()
