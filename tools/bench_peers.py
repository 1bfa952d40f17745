#!/usr/bin/env python3
"""Runs an evax model file in PyTorch, onnxruntime or OpenVINO, for `evax bench --peers`.

    bench_peers.py MODEL check X.npy LOGITS.npy      logits of `evax forward` agree within 1e-3
    bench_peers.py MODEL export OUT.onnx             what the two other engines read; also OUT.dynamic.onnx
                                                     and OUT.static.onnx, quantised to int8
    bench_peers.py MODEL serve ENGINE [ONNX]         ENGINE: pytorch[:bf16], onnxruntime[:int8],
                                                     openvino[:bf16|:int8]

`serve` is a worker that is driven over pipes, one line each way:

    worker  {"ready": "onnxruntime 1.32.0", "precision": "int8"}
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

from bench_models import EvaX, UperNet


def load(path):
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = json.loads(file.metadata()["evax"])
        config = metadata["model"] | {"decoder": metadata.get("decoder")}
        if config["arch"] != "eva_x" or config["num_classes"] == 0:
            sys.exit(f"{path}: expected an eva_x model with a classifier or a decoder")
        model = (UperNet if config["decoder"] else EvaX)(config).eval()
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        missing, unexpected = model.load_state_dict(tensors, strict=False)
        if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
            sys.exit(f"{path}: missing {missing}, unexpected {unexpected}")
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
    quantise(size, path)


def quantise(size, path):
    """int8 as each engine is fastest: onnxruntime with activations quantised while running, OpenVINO
    with scales found before. Calibrated on noise: only the speed is looked at."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static

    class Noise(CalibrationDataReader):
        def __init__(self):
            noise = np.random.default_rng(0).standard_normal((2, 3, size, size), np.float32)
            self.inputs = iter([{"image": noise}])

        def get_next(self):
            return next(self.inputs, None)

    quantize_dynamic(path, path + ".dynamic.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])
    quantize_static(path, path + ".static.onnx", Noise(), weight_type=QuantType.QInt8, activation_type=QuantType.QInt8,
                    per_channel=True, op_types_to_quantize=["MatMul", "Gemm", "Conv"],
                    extra_options={"WeightSymmetric": True})


class PyTorch:
    name = f"pytorch {torch.__version__.split('+')[0]}"

    def __init__(self, model, _, precision):
        self.model, self.bf16 = model, precision == "bf16"

    def prepare(self, images, threads):
        torch.set_num_threads(threads)
        batch = torch.from_numpy(images)

        def infer():
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
                return self.model(batch)
        return infer


class OnnxRuntime:
    def __init__(self, _, path, precision):
        import onnxruntime
        self.name = f"onnxruntime {onnxruntime.__version__}"
        self.path = path + ".dynamic.onnx" if precision == "int8" else path
        self.module, self.sessions = onnxruntime, {}

    def prepare(self, images, threads):
        if threads not in self.sessions:
            options = self.module.SessionOptions()
            options.intra_op_num_threads = threads
            self.sessions[threads] = self.module.InferenceSession(
                self.path, options, providers=["CPUExecutionProvider"])
        session = self.sessions[threads]
        return lambda: session.run(None, {"image": images})


class OpenVino:
    def __init__(self, _, path, precision):
        import openvino
        self.name = f"openvino {openvino.__version__.split('-')[0]}"
        self.core = openvino.Core()
        self.path = path + ".static.onnx" if precision == "int8" else path
        self.precision = "bf16" if precision == "bf16" else "f32"  # int8 beside bf16 does not compile
        self.requests = {}

    def prepare(self, images, threads):
        key = (images.shape, threads)
        if key not in self.requests:
            model = self.core.read_model(self.path)
            model.reshape(list(images.shape))
            compiled = self.core.compile_model(model, "CPU", {
                "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": self.precision})
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
    name, _, precision = engine_name.partition(":")
    precision = precision or "fp32"
    engine = engines[name](model, path, precision)
    print(json.dumps({"ready": engine.name, "precision": precision}), flush=True)
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
