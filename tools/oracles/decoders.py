"""Oracle of decoders and pixel losses: what PyTorch counts and computes.

    python tools/oracles/decoders.py    # writes tests/fixtures/weights/cost_decoders.json
                                            # and tests/fixtures/train/segmentation_losses.json

Needs torch. PyTorch counts two FLOPs for a multiply-accumulate. "kept": bytes of an image that autograd
keeps from a decoder's forward pass in float32, the encoder's own maps included.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures"

# --- decoders -----------------------------------------------------------------------------------

CASES = [  # encoder, image size, channels, pool scales, classes
    ("eva_x_small", 512, 256, (1, 2, 3, 6), 1), ("eva_x_tiny", 240, 32, (1, 2, 4), 3),
    ("resnet50", 512, 64, (), 1), ("resnet50", 224, 32, (), 2),
]
RESNET = (64, 256, 512, 1024, 2048)


def conv_module(inputs, outputs, kernel):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def resize(x, like):
    return F.interpolate(x, like.shape[2:], mode="bilinear")


class Pyramid(nn.Module):
    def __init__(self, width):
        super().__init__()
        up = lambda: nn.ConvTranspose2d(width, width, 2, 2)  # noqa: E731
        self.four_times = nn.Sequential(up(), nn.BatchNorm2d(width), nn.GELU(), up())
        self.twice = up()

    def forward(self, x):
        return self.four_times(x), self.twice(x), x, F.max_pool2d(x, 2)


class UPerHead(nn.Module):
    def __init__(self, width, channels, scales, classes):
        super().__init__()
        self.scales = scales
        self.pooled = nn.ModuleList(conv_module(width, channels, 1) for _ in scales)
        self.bottleneck = conv_module(width + len(scales) * channels, channels, 3)
        self.laterals = nn.ModuleList(conv_module(width, channels, 1) for _ in range(3))
        self.fpn = nn.ModuleList(conv_module(channels, channels, 3) for _ in range(3))
        self.last = conv_module(4 * channels, channels, 3)
        self.conv_seg = nn.Conv2d(channels, classes, 1)

    def forward(self, maps):
        parts = [resize(conv(F.adaptive_avg_pool2d(maps[3], scale)), maps[3]) for conv, scale in zip(self.pooled, self.scales)]
        sums = [lateral(x) for lateral, x in zip(self.laterals, maps)] + [self.bottleneck(torch.cat([maps[3], *parts], 1))]
        for i in (2, 1, 0):
            sums[i] = sums[i] + resize(sums[i + 1], sums[i])
        levels = [conv(x) for conv, x in zip(self.fpn, sums)] + [sums[3]]
        last = self.last(torch.cat([resize(x, levels[0]) for x in levels], 1))
        return self.conv_seg(F.dropout2d(last, 0.1, self.training))


class UNetBlocks(nn.Module):
    def __init__(self, channels):
        super().__init__()
        outputs = [4 * channels, 2 * channels, channels, channels // 2, channels // 4]
        inputs = [i + s for i, s in zip([RESNET[-1], *outputs], [*RESNET[-2::-1], 0])]
        self.blocks = nn.ModuleList(nn.Sequential(conv_module(i, o, 3), conv_module(o, o, 3)) for i, o in zip(inputs, outputs))

    def forward(self, maps):
        x = maps[-1]
        for block, skip in zip(self.blocks, [*maps[-2::-1], None]):
            x = F.interpolate(x, scale_factor=2)
            x = block(x if skip is None else torch.cat([x, skip], 1))
        return x


class Decoder(nn.Module):
    """Named by evax's stages."""

    def __init__(self, encoder, channels, scales, classes):
        super().__init__()
        if encoder == "resnet50":
            self.decoder = UNetBlocks(channels)
            self.decode_head = nn.Sequential(conv_module(channels // 4, channels, 3), nn.Dropout2d(0.1), nn.Conv2d(channels, classes, 1))
        else:
            width = {"eva_x_tiny": 192, "eva_x_small": 384}[encoder]
            self.fpn = Pyramid(width)
            self.decode_head = UPerHead(width, channels, scales, classes)

    def forward(self, x):
        return self.decode_head((self.decoder if hasattr(self, "decoder") else self.fpn)(x))


def features_of(model, encoder, size, images):
    if encoder == "resnet50":
        return [torch.zeros(images, width, size >> (i + 1), size >> (i + 1)) for i, width in enumerate(RESNET)]
    return torch.zeros(images, model.fpn.twice.in_channels, size // 16, size // 16)


def kept(model, encoder, size, images=2):
    """BatchNorm of a 1 x 1 map needs two images."""
    sizes = {}
    weights = {p.untyped_storage().data_ptr() for p in [*model.parameters(), *model.buffers()]}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    features = features_of(model, encoder, size, images)
    for feature in features if isinstance(features, list) else [features]:
        feature.requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model.train()(features)
    assert logits.requires_grad  # all that was kept is still there: no address came twice
    return sum(sizes.values()) // images


def cost(encoder, size, channels, scales, classes):
    model = Decoder(encoder, channels, scales, classes).eval()
    features = features_of(model, encoder, size, 1)
    with torch.no_grad(), FlopCounterMode(display=False, depth=None) as counter:
        model(features)
    flops = counter.get_flop_counts()
    stages = {name: [sum(p.numel() for p in part.parameters()), sum(flops[f"Decoder.{name}"].values()) // 2]
              for name, part in model.named_children()}
    return {"variant": encoder, "image_size": size, "channels": channels, "pool_scales": scales, "classes": classes, "stages": stages,
            "kept": kept(model, encoder, size)}


# --- losses -------------------------------------------------------------------------------------

LOSSES = [  # bce, focal, dice, gamma, alpha
    (1, 0, 0, 2, 0.5), (0, 1, 0, 2, 0.5), (0, 0, 1, 2, 0.5), (0.5, 0, 2, 2, 0.5), (0, 1, 0, 1.5, 0.25), (1, 0.25, 3, 2, 0.75),
]


def pixel_loss(logits, masks, bce, focal, dice, gamma, alpha):
    """Pixel by pixel and image by image, without the library's losses."""
    images, classes = logits.shape[:2]
    pixels, overlaps = 0, 0
    for image in range(images):
        for c in range(classes):
            valid = masks[image] != 255
            p = torch.sigmoid(logits[image, c][valid])
            wanted = (masks[image] == c + 1)[valid]
            right = torch.where(wanted, p, 1 - p)  # probability of the truth
            surprise = -torch.log(right)
            share = torch.where(wanted, alpha, 1 - alpha)
            pixels = pixels + (bce * surprise + focal * share * (1 - right) ** gamma * surprise).sum()
            overlaps = overlaps + 1 - (2 * p[wanted].sum() + 1) / ((p * p).sum() + wanted.sum() + 1)
    return pixels / logits.numel() + dice * overlaps / (images * classes)


def losses():
    torch.manual_seed(0)
    cases = []
    for classes in (1, 2):
        logits = torch.randn(2, classes, 3, 4, dtype=torch.float32).double().mul(2).requires_grad_()
        masks = torch.randint(0, classes + 1, (2, 3, 4))
        masks[0, 0, :2] = 255
        for weights in LOSSES:
            loss = pixel_loss(logits, masks, *weights)
            (gradient,) = torch.autograd.grad(loss, logits)
            cases.append(dict(zip(("bce", "focal", "dice", "gamma", "alpha"), weights)) | {
                "shape": list(logits.shape), "logits": logits.flatten().tolist(), "masks": masks.flatten().tolist(),
                "loss": loss.item(), "gradient": gradient.flatten().tolist()})
    return cases


def write(path, rows):
    (FIXTURES / path).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


write("weights/cost_decoders.json", [cost(*case) for case in CASES])
write("train/segmentation_losses.json", losses())
