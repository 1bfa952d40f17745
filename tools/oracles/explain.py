"""Oracle of the explanations: timm and PyTorch's autograd, NumPy, scikit-learn.

    explain.py    writes tests/fixtures/explain/{vit_*,*_rollout,pca_*}.npy (README.md there says what is what)

The other files there are the original code's. Needs numpy, torch, safetensors, scikit-learn and timm 1.0.19;
torchvision may be missing (weights.py).
"""
import pathlib

import numpy as np
import torch
from baselines import CLASSES, SIDE
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from sklearn.preprocessing import minmax_scale
from weights import import_timm

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures"
OUT = FIXTURES / "explain"


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
    for c in range(CLASSES):
        gradient, = torch.autograd.grad(logits[:, c].sum(), kept[0], retain_graph=True)
        maps.append((gradient[:, 1:].mean(1, keepdim=True) * kept[0][:, 1:]).sum(-1))
    grid = SIDE // 16
    return torch.stack(maps, 1).reshape(-1, CLASSES, grid, grid).detach()


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
    principal_components()


if __name__ == "__main__":
    main()
