#!/usr/bin/env bash
# Makes .venv-oracle: the independent readers and networks that the fixtures under tests/fixtures were
# made with (tools/oracles/*.py). Only needed to regenerate fixtures, never to build, test or use evax.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv-oracle
pip=".venv-oracle/bin/pip install --quiet ${EVAX_PIP_ARGS:-}"
$pip torch==2.13.0
$pip numpy pillow==11.3.0 scikit-learn safetensors tensorboard==2.21.0 pydicom==3.0.2 pylibjpeg==2.1.0 \
  pylibjpeg-libjpeg pylibjpeg-openjpeg pyjpegls onnxruntime pypng
$pip --no-deps timm==1.0.19 huggingface_hub pyyaml
# The version of the original training code, for augment.py.
$pip --no-deps --target .venv-oracle/timm-0.4.12 timm==0.4.12
touch .venv-oracle/READY
