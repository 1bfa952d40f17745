"""Oracle of the explanations: timm and PyTorch's autograd, NumPy, scikit-learn.

    explain.py    writes tests/fixtures/explain/{vit_*,*_rollout,demo_*,pca_*}.npy (README.md there says what is what)

The other files there are the original code's. Needs numpy, torch, Pillow, safetensors, scikit-learn and timm 1.0.19;
torchvision may be missing (weights.py).
"""
import json
import pathlib

import numpy as np
import torch
from baselines import CLASSES, SIDE
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from sklearn.preprocessing import minmax_scale
from weights import import_timm

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
OUT = FIXTURES / "explain"
DEMONSTRATION = ["00001368_000.png", "00001962_000.png"]


def save(name, array):
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(np.asarray(array, dtype=np.float32)))


# --- networks -------------------------------------------------------------------------------------


def eva(timm, name):
    """The parity fixtures' networks: `tiny` (Ti's and S's layout) and `tinyb` (Base's)."""
    state = torch.load(FIXTURES / "parity" / f"{name}.pth", weights_only=False)["model"]
    base = "blocks.0.mlp.w1.weight" in state
    depth = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("blocks."))
    network = timm.models.eva.Eva(
        img_size=64, patch_size=16, embed_dim=128, depth=depth, num_heads=2, num_classes=5, mlp_ratio=4 * 2 / 3,
        swiglu_mlp=True, qkv_fused=not base, scale_mlp=base, use_rot_pos_emb=True, ref_feat_shape=(14, 14))
    network.load_state_dict(timm.models.eva.checkpoint_filter_fn(state, network))
    return network.double().eval()


def vit(timm, pool, **sizes):
    network = timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE, patch_size=16, num_classes=CLASSES, mlp_ratio=4, global_pool=pool, **sizes)
    network.load_state_dict(load_file(FIXTURES / "baselines" / f"vit_{pool}.safetensors"))
    return network.double().eval()


def images(path):
    return torch.from_numpy(np.load(FIXTURES / path)).double()


# --- explanations ---------------------------------------------------------------------------------


def attention(network, x):
    """Softmax weights of every block, [N, heads, tokens, tokens]."""
    weights = []
    for block in network.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_pre_hook(lambda module, inputs: weights.append(inputs[0]))
    network(x)
    return [w.detach() for w in weights]


def rollout(weights):
    product = torch.eye(weights[0].shape[-1], dtype=torch.float64)
    for w in weights:
        product = (0.5 * w.mean(1) + 0.5 * torch.eye(w.shape[-1])) @ product
    return product


def grad_cam(network, x):
    """Weighted sums before ReLU, [N, classes, grid, grid], for norm1 of the last block."""
    kept = []
    network.blocks[-1].norm1.register_forward_hook(lambda module, inputs, output: kept.append(output))
    logits = network(x)
    maps = []
    for c in range(logits.shape[1]):
        gradient, = torch.autograd.grad(logits[:, c].sum(), kept[0], retain_graph=True)
        maps.append((gradient[:, 1:].mean(1, keepdim=True) * kept[0][:, 1:]).sum(-1))
    return torch.stack(maps, 1).unflatten(-1, [x.shape[-1] // 16] * 2).detach()


def demonstration(timm):
    """The shipped model on X-rays of the demonstration: ReLU of the maps, and what a patch attends to."""
    with safe_open(ROOT / "demo/pneumonia.safetensors", "pt") as file:
        description = json.loads(file.metadata()["evax"])
    model, preprocess = description["model"], description["preprocess"]
    network = timm.models.eva.Eva(
        img_size=224, patch_size=16, embed_dim=model["embed_dim"], depth=model["depth"], num_heads=model["num_heads"],
        num_classes=2, mlp_ratio=4 * 2 / 3, swiglu_mlp=True, use_rot_pos_emb=True, ref_feat_shape=(14, 14))
    network.load_state_dict(load_file(ROOT / "demo/pneumonia.safetensors"))
    network.double().eval()
    assert preprocess["resize"] == 256 and preprocess["crop"] == 224 and preprocess["interpolation"] == "bicubic"
    pictures = []
    for name in DEMONSTRATION:
        image = Image.open(ROOT / "demo/xrays" / name).convert("RGB")
        scale = 256 / min(image.size)
        image = image.resize([int(side * scale) for side in image.size], Image.BICUBIC)
        left, top = ((side - 224) // 2 for side in image.size)
        pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), dtype=np.float64) / 255
        pictures.append((pixels - preprocess["mean"]) / preprocess["std"])
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    save("demo_gradcam", grad_cam(network, x).relu())
    save("demo_attention", attention(network, x)[-1].mean(1)[0, [1 + 5 * 14 + 7, 1 + 13 * 14], 1:].reshape(2, 14, 14))


# --- principal components -------------------------------------------------------------------------


def principal_components():
    random = np.random.default_rng(0)
    scales = 3 * 0.7 ** np.arange(24)
    values = (random.normal(size=(98, 24)) * scales) @ np.linalg.qr(random.normal(size=(24, 24)))[0]
    values = (values + random.normal(size=24)).astype(np.float32)
    pca = PCA(3, svd_solver="full").fit(values.astype(np.float64))
    largest = np.abs(pca.components_).argmax(1)
    signs = np.sign(pca.components_[range(3), largest])
    projected = pca.transform(values.astype(np.float64)) * signs
    save("pca_values", values)
    save("pca_axes", pca.components_ * signs[:, None])
    save("pca_variance", pca.explained_variance_ratio_)
    save("pca_scaled", minmax_scale(projected))


def main():
    timm = import_timm()
    for name in ("tiny", "tinyb"):
        save(f"{name}_rollout", rollout(attention(eva(timm, name), images("parity/tiny_input.npy"))))
    for pool, sizes in (("token", dict(embed_dim=64, depth=2, num_heads=1)),
                        ("avg", dict(embed_dim=128, depth=1, num_heads=2))):
        x = images("baselines/images.npy")
        save(f"vit_{pool}_raw", grad_cam(vit(timm, pool, **sizes), x))
        save(f"vit_{pool}_rollout", rollout(attention(vit(timm, pool, **sizes), x)))
    demonstration(timm)
    principal_components()


if __name__ == "__main__":
    main()
