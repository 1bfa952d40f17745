#!/usr/bin/env bash
# Makes .venv-bench: the inference engines that `evax bench --peers` measures beside evax. Never
# needed to build, test or use evax. EVAX_PIP_ARGS is passed on to pip.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv-bench
# shellcheck disable=SC2086  # EVAX_PIP_ARGS holds several words
.venv-bench/bin/pip install --quiet ${EVAX_PIP_ARGS:-} \
  torch==2.13.0 onnxruntime==1.32.0 openvino==2026.4.1 onnx==1.23.2 onnxscript==0.7.2 \
  safetensors==0.8.0 numpy==2.4.6 pillow==11.3.0
touch .venv-bench/READY
