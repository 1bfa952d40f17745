"""EVA-X and EVA-X with UPerNet in PyTorch, with the parameter names of evax's model files: what the benchmarks run beside evax."""

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

    def tokens(self, image):
        x = self.patch_embed["proj"](image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return x

    def forward(self, image):
        return self.head(self.fc_norm(self.tokens(image)[:, 1:].mean(1)))


class ConvModule(nn.Sequential):
    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.add_module("conv", nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False))
        self.add_module("bn", nn.BatchNorm2d(outputs))
        self.add_module("relu", nn.ReLU())


def resize(x, like):
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class UperHead(nn.Module):
    """Spec D.4, parameters named as in mmsegmentation."""

    def __init__(self, c):
        super().__init__()
        d, n, scales = c["embed_dim"], c["decoder"]["channels"], c["decoder"]["pool_scales"]
        self.psp_modules = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(scale), ConvModule(d, n, 1)) for scale in scales)
        self.bottleneck = ConvModule(d + len(scales) * n, n, 3)
        self.lateral_convs = nn.ModuleList(ConvModule(d, n, 1) for _ in range(3))
        self.fpn_convs = nn.ModuleList(ConvModule(n, n, 3) for _ in range(3))
        self.fpn_bottleneck = ConvModule(4 * n, n, 3)
        self.conv_seg = nn.Conv2d(n, c["num_classes"], 1)

    def forward(self, maps):
        pooled = [resize(pool(maps[3]), maps[3]) for pool in self.psp_modules]
        levels = [conv(x) for conv, x in zip(self.lateral_convs, maps)]
        levels.append(self.bottleneck(torch.cat([maps[3], *pooled], 1)))
        for i in (2, 1, 0):
            levels[i] = levels[i] + resize(levels[i + 1], levels[i])
        outputs = [conv(x) for conv, x in zip(self.fpn_convs, levels)] + [levels[3]]
        outputs = [outputs[0]] + [resize(x, outputs[0]) for x in outputs[1:]]
        return self.conv_seg(self.fpn_bottleneck(torch.cat(outputs, 1)))


class UperNet(EvaX):
    """EVA-X that segments, as in spec D.3."""

    def __init__(self, c):
        super().__init__(c)
        del self.fc_norm, self.head
        d = c["embed_dim"]
        up = lambda: nn.ConvTranspose2d(d, d, 2, 2)
        self.grid = c["image_size"] // c["patch_size"]
        self.fpn1 = nn.Sequential(up(), nn.BatchNorm2d(d), nn.GELU(), up())
        self.fpn2 = nn.Sequential(up())
        self.decode_head = UperHead(c)

    def forward(self, image):
        x = self.tokens(image)[:, 1:].transpose(1, 2).unflatten(2, (self.grid, self.grid))
        return resize(self.decode_head([self.fpn1(x), self.fpn2(x), x, F.max_pool2d(x, 2)]), image)
