"""Oracle of the weights room: PyTorch and timm.

    weights.py make                    writes tests/fixtures/weights/ (committed)
    weights.py check build/bin/evax    imports and exports the committed checkpoints with evax and
                                       loads the results with torch (weights_only) and timm (strict)

Needs numpy, torch, safetensors and timm. timm imports torchvision for its augmentations only, so a
stub stands in for it where it is missing.
"""
import argparse
import collections
import importlib.abc
import importlib.machinery
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest.mock
import zipfile

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
OUT = FIXTURES / "weights"


class TorchvisionStub(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchvision":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = unittest.mock.MagicMock(name=spec.name)
        module.__name__, module.__spec__, module.__path__ = spec.name, spec, []
        return module

    def exec_module(self, module):
        pass


def import_timm():
    if importlib.util.find_spec("torchvision") is None:
        sys.meta_path.insert(0, TorchvisionStub())
    import timm

    return timm


# --- make ---------------------------------------------------------------------------------------


def example():
    """Every tensor form and every plain value the reader knows."""
    a = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8 - 0.5
    tensors = collections.OrderedDict(
        f32=a,
        transposed=a.t(),
        strided=a[1:, ::2],
        expanded=torch.tensor([1.5, -2.5]).reshape(2, 1).expand(2, 3),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        f16=torch.tensor([1.0, -2.5, 6e-8]).half(),
        bf16=torch.tensor([1.0, -2.5, 3e38]).bfloat16(),
        f64=torch.tensor([0.1, -1e300], dtype=torch.float64),
        i64=torch.tensor([-(2**62), 7]),
        i32=torch.tensor([-(2**31), 7], dtype=torch.int32),
        i16=torch.tensor([-300, 7], dtype=torch.int16),
        i8=torch.tensor([-128, 7], dtype=torch.int8),
        u8=torch.tensor([255, 7], dtype=torch.uint8),
        boolean=torch.tensor([True, False]),
        parameter=torch.nn.Parameter(torch.tensor([0.25, 0.5])),
    )
    plain = dict(
        none=None,
        flags=[True, False],
        integers=(0, 255, 65536, -1, -(2**31), 2**40, -(2**63), 2**70),
        real=0.5,
        text="caf\u00e9",
        raw=b"\x00\xff",
        array=bytearray(b"\x01\x80"),
        names={"a"},
        frozen=frozenset(["b"]),
        size=torch.Size([2, 3]),
        device=torch.device("cpu"),
        dtype=torch.float16,
        counts=collections.defaultdict(list, x=[1]),
        np_scalar=np.float64(0.25),
        np_array=np.arange(3, dtype=np.uint8),
    )
    recursive = []
    recursive.append(recursive)
    plain["recursive"] = recursive
    args = argparse.Namespace(model="eva", lr=0.001, betas=None, nested=argparse.Namespace(x=1))
    return {"model": tensors, "plain": plain, "args": args, "epoch": "best"}


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))


def widen(source, target):
    """The same archive with every size and offset in ZIP64 records, as above 4 GiB."""
    with zipfile.ZipFile(source) as archive:
        start, infos = archive.start_dir, archive.infolist()
    data = pathlib.Path(source).read_bytes()[:start]
    directory = b""
    for info in infos:
        name = info.filename.encode()
        extra = struct.pack("<HHQQQ", 1, 24, info.file_size, info.compress_size, info.header_offset)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, info.compress_type, 0,
                                 0x21, info.CRC, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra), 0, 0,
                                 0, 0, 0xFFFFFFFF) + name + extra
    end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(infos), len(infos),
                      len(directory), start)
    end += struct.pack("<IIQI", 0x07064B50, 0, start + len(directory), 1)
    end += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    pathlib.Path(target).write_bytes(data + directory + end)
    torch.load(target, weights_only=False)  # PyTorch reads it too


def timm_file(target, size):
    """A small timm network, saved raw as timm's users do, with its logits on a fixed input."""
    import_timm()
    from timm.models.eva import Eva

    torch.manual_seed(0)
    model = Eva(img_size=size, patch_size=16, embed_dim=64, depth=1, num_heads=1, num_classes=3,
                mlp_ratio=4 * 2 / 3, swiglu_mlp=True, use_rot_pos_emb=True, ref_feat_shape=(14, 14))
    torch.save(model.eval().state_dict(), target)
    from timm.layers import resample_abs_pos_embed

    resized = resample_abs_pos_embed(model.pos_embed.detach(), [size // 16 + 2] * 2)
    np.save(OUT / "timm_pos_embed.npy", resized.numpy())
    from safetensors.torch import save_file

    save_file({k: v.half() for k, v in model.state_dict().items()}, OUT / "timm_f16.safetensors",
              metadata={"format": "pt"})


def make():
    OUT.mkdir(parents=True, exist_ok=True)
    state = example()
    torch.save(state, OUT / "zip.pth")
    torch.save(state, OUT / "zip_protocol4.pth", pickle_protocol=4)
    torch.save(state, OUT / "legacy.pth", _use_new_zipfile_serialization=False)
    deflate(OUT / "zip.pth", OUT / "deflated.pth")
    widen(OUT / "zip.pth", OUT / "zip64.pth")
    expected = {}
    for name, tensor in state["model"].items():
        values = tensor.detach().double() if tensor.is_floating_point() else tensor.long()
        expected[name] = dict(shape=list(tensor.shape), values=values.flatten().tolist())
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    timm_file(OUT / "timm.pth", 64)


# --- check --------------------------------------------------------------------------------------


def load_state(path):
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    loaded = torch.load(path, weights_only=True)
    return loaded["model"] if "model" in loaded else loaded


def check_official(original, exported, rope_tolerance):
    assert set(original) == set(exported), set(original) ^ set(exported)
    for name, tensor in original.items():
        other = exported[name]
        if "rope" in name:
            assert other.dtype == torch.float32
            assert (tensor.float() - other).abs().max() <= rope_tolerance, name
        else:
            assert tensor.dtype == other.dtype and torch.equal(tensor, other), name


def logits_of(model):
    images = torch.from_numpy(np.load(FIXTURES / "parity" / "tiny_input.npy"))
    with torch.no_grad():
        return model.eval()(images)


def check_timm(state, folder, stem):
    timm = import_timm()
    model = timm.create_model(f"local-dir:{folder}", pretrained=True)
    config = json.loads((folder / "config.json").read_text())
    built = timm.create_model(config["architecture"], num_classes=config["num_classes"],
                              **config["model_args"])
    built.load_state_dict({k: v.float() for k, v in state.items()}, strict=True)
    for a, b in zip(model.state_dict().values(), built.state_dict().values()):
        assert torch.equal(a, b)
    expected = FIXTURES / "parity" / f"{stem}_logits.npy"
    if not expected.exists():
        return "strict"
    worst = (logits_of(built) - torch.from_numpy(np.load(expected))).abs().max().item()
    assert worst <= 2e-5, worst
    return f"strict, logits within {worst:.1e} of the official code"


def check(evax):
    torch.serialization.add_safe_globals([argparse.Namespace])
    for name, tolerance in [("parity/tiny.pth", 1e-6), ("parity/tinyb.pth", 1e-6),
                            ("mim/student_ti.pth", 1e-6), ("mim/student_b.pth", 5e-4)]:
        source = FIXTURES / name
        loaded = torch.load(source, weights_only=True)
        original = loaded.get("model", loaded.get("module"))
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model = folder / "model.safetensors"

            def run(*words):
                subprocess.run([evax, *map(str, words)], check=True, capture_output=True)

            run("import", source, "-o", model)
            for ending in (".pth", ".safetensors"):
                path = folder / f"official{ending}"
                run("export", model, "-o", path, "--layout", "official")
                check_official(original, load_state(path), tolerance)
            exported = load_state(folder / "official.pth")
            tables = {v.untyped_storage().data_ptr() for k, v in exported.items() if "rope" in k}
            assert len(tables) == 2, "the rotary tables share their storages"
            run("export", model, "-o", folder / "hf", "--layout", "hf")
            for ending in (".pth", ".safetensors"):
                path = folder / f"timm{ending}"
                run("export", model, "-o", path, "--layout", "timm")
                said = check_timm(load_state(path), folder / "hf", source.stem)
        print(f"{name}: official bit-identical; timm {said}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["make", "check"])
    parser.add_argument("evax", nargs="?", default="build/bin/evax")
    arguments = parser.parse_args()
    make() if arguments.verb == "make" else check(arguments.evax)
