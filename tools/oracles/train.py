"""Oracle of the training room: PyTorch's own optimisers, losses and schedules.

    train.py    writes tests/fixtures/train/ (committed)

Needs numpy, torch and safetensors.
"""
import itertools
import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "train"
STEPS = 6


def numbers(tensor):
    return [None if np.isnan(x) else x for x in tensor.detach().double().flatten().tolist()]


# --- optimisers ---------------------------------------------------------------------------------

SHAPES = {"bias": (7,), "matrix": (5, 11), "kernel": (4, 3, 2, 2), "frozen": (3,)}
GROUPS = {"bias": (0.3, 0.0), "matrix": (1.0, 0.05), "kernel": (0.3, 0.05), "frozen": (1.0, 0.05)}


def optimise(make, start, gradients, lrs):
    """Final weights after STEPS updates; `frozen` never gets a gradient."""
    parameters = {name: torch.nn.Parameter(start[name].clone()) for name in SHAPES}
    optimizer = make([{"params": [parameters[name]], "lr_scale": scale, "weight_decay": decay}
                      for name, (scale, decay) in GROUPS.items()])
    for step, lr in enumerate(lrs):
        for group in optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
        for name, parameter in parameters.items():
            parameter.grad = None if name == "frozen" else gradients[name][step].clone()
        optimizer.step()
    return {name: parameter.detach() for name, parameter in parameters.items()}


def optimisers():
    torch.manual_seed(0)
    start = {name: torch.randn(shape) for name, shape in SHAPES.items()}
    gradients = {name: torch.randn((STEPS, *shape)) * 0.1 for name, shape in SHAPES.items()}
    lrs = [0.01 * (step + 1) for step in range(STEPS)]
    kinds = {
        "adamw": lambda groups: torch.optim.AdamW(groups, lr=1, betas=(0.9, 0.98), eps=1e-6),
        "sgd": lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9),
        "plain_sgd": lambda groups: torch.optim.SGD(groups, lr=1),
    }
    tensors = {"lrs": torch.tensor(lrs, dtype=torch.float64)}
    for name in SHAPES:
        tensors[f"start.{name}"] = start[name]
        tensors[f"gradient.{name}"] = gradients[name]
    for kind, make in kinds.items():
        for name, final in optimise(make, start, gradients, lrs).items():
            tensors[f"{kind}.{name}"] = final

    parameters = [torch.nn.Parameter(start[name].clone()) for name in SHAPES if name != "frozen"]
    for parameter, name in zip(parameters, SHAPES):
        parameter.grad = gradients[name][0].clone()
    tensors["norm"] = torch.nn.utils.clip_grad_norm_(parameters, 0.25).reshape(1)
    for parameter, name in zip(parameters, SHAPES):
        tensors[f"clipped.{name}"] = parameter.grad

    averaged = torch.optim.swa_utils.AveragedModel(
        torch.nn.ParameterList([torch.nn.Parameter(start["matrix"].clone())]),
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
    for step in range(STEPS):  # the first call only copies
        weight = torch.nn.Parameter(start["matrix"] + step * gradients["matrix"][step])
        averaged.update_parameters(torch.nn.ParameterList([weight]))
    tensors["ema.matrix"] = averaged.module[0].detach()
    save_file({name: tensor.numpy() for name, tensor in tensors.items()},
              OUT / "optimisers.safetensors")


# --- losses -------------------------------------------------------------------------------------


def losses():
    torch.manual_seed(1)
    n, classes = 6, 4
    logits = torch.randn(n, classes) * 3
    hot = (torch.rand(n, classes) > 0.5).float()
    gaps = hot.clone()
    gaps[torch.rand(n, classes) > 0.6] = float("nan")
    labels = torch.randint(classes, (n,))
    one_hot = torch.nn.functional.one_hot(labels, classes).float()
    mixed = 0.3 * one_hot + 0.7 * one_hot.flip(0)
    weights = torch.tensor([0.5, 1.0, 2.0, 3.5])
    cases = []

    def case(name, task, targets, smoothing, class_weights, loss):
        leaf = logits.clone().requires_grad_()
        mean = loss(leaf)
        mean.backward()
        cases.append({"name": name, "task": task, "targets": numbers(targets),
                      "label_smoothing": smoothing,
                      "class_weights": [] if class_weights is None else numbers(class_weights),
                      "loss": mean.item(), "gradient": numbers(leaf.grad)})

    def masked(smoothing, pos_weight):
        known = ~gaps.isnan()
        wanted = gaps * (1 - smoothing) + smoothing / 2
        rows = torch.where(known)
        weight = None if pos_weight is None else pos_weight[rows[1]]
        loss = torch.nn.BCEWithLogitsLoss(pos_weight=weight)
        return lambda x: loss(x[known], wanted[known])

    bce, cross = torch.nn.BCEWithLogitsLoss, torch.nn.CrossEntropyLoss
    case("bce", "multilabel", hot, 0, None, lambda x: bce()(x, hot))
    case("bce pos_weight", "multilabel", hot, 0, weights, lambda x: bce(pos_weight=weights)(x, hot))
    case("bce gaps", "multilabel", gaps, 0, None, masked(0, None))
    case("bce gaps smoothed pos_weight", "multilabel", gaps, 0.1, weights, masked(0.1, weights))
    for smoothing, weight in itertools.product((0, 0.1), (None, weights)):
        loss = cross(weight=weight, label_smoothing=smoothing)
        case(f"labels {smoothing} {weight is not None}", "multiclass", one_hot, smoothing, weight,
             lambda x, loss=loss: loss(x, labels))
    case("mixed", "multiclass", mixed, 0, None, lambda x: cross()(x, mixed))
    case("mixed smoothed", "multiclass", mixed, 0.1, None,
         lambda x: cross(label_smoothing=0.1)(x, mixed))
    text = json.dumps({"shape": [n, classes], "logits": numbers(logits), "cases": cases})
    (OUT / "losses.json").write_text(text + "\n")


# --- learning rates -----------------------------------------------------------------------------


def schedules():
    """PyTorch's schedulers step by step. Five steps an epoch, eight epochs, two of warm-up."""
    lr, min_lr, per_epoch, warmup, steps = 0.01, 0.001, 5, 10, 40
    scheduler = torch.optim.lr_scheduler

    def rates(make):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=lr)
        schedule = make(optimizer)
        values = []
        for _ in range(steps):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        return values

    warm = [lr * step / warmup for step in range(warmup)]  # lr_sched.py: lr * e / warmup_epochs
    cosine = rates(lambda o: scheduler.CosineAnnealingLR(o, steps - warmup, min_lr))
    linear = rates(lambda o: scheduler.LinearLR(o, 1, min_lr / lr, steps - warmup))
    poly = rates(lambda o: scheduler.PolynomialLR(o, steps, 2))
    text = json.dumps({
        "lr": lr, "min_lr": min_lr, "steps_per_epoch": per_epoch, "steps": steps,
        "warmup_epochs": warmup // per_epoch,
        "constant": warm + [lr] * (steps - warmup),
        "cosine": warm + cosine[:steps - warmup],
        "linear": warm + linear[:steps - warmup],
        "poly": poly,  # no warm-up, power 2, down to 0
    })
    (OUT / "schedules.json").write_text(text + "\n")


OUT.mkdir(exist_ok=True)
optimisers()
losses()
schedules()
