#!/usr/bin/env bash
# Installs what building evax needs on Debian 12 (root or sudo). Idempotent: does nothing, and needs
# no network, when everything is there.
#   EVAX_TRAINING=OFF   the runtime alone: no LibTorch
#   EVAX_FUZZ=ON        what tools/fuzz.sh needs besides: clang
#   TORCH_DIR           a LibTorch of your own (the `torch` folder of a pip installation, CUDA or not)
#   EVAX_PIP_ARGS       more arguments for pip, e.g. an index of CPU wheels
set -euo pipefail
cd "$(dirname "$0")/.."

torch_version=2.13.0
packages=(
  g++ cmake ninja-build ccache pkg-config
  libhwy-dev                                                # vector kernels
  libjpeg62-turbo-dev libdeflate-dev libdcmtk-dev libopenjp2-7-dev zlib1g-dev  # images
  nlohmann-json3-dev libssl-dev                             # weights
  libtomlplusplus-dev                                       # recipes
  libutf8proc-dev                                           # Unicode normal forms of file names
  libcli11-dev libfmt-dev libgtest-dev libbenchmark-dev     # command line, messages, tests, benchmarks
)
[ "${EVAX_FUZZ:-OFF}" = OFF ] || packages+=(clang-19 libclang-rt-19-dev llvm-19 dpkg-dev)  # libFuzzer; its stacks' names
training=${EVAX_TRAINING:-ON}
[ "$training" = OFF ] || packages+=(libgloo-dev python3-pip)  # c10d's Gloo headers; LibTorch's wheel

install_packages() {
  local missing=()
  for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return

  if ! command -v apt-get >/dev/null; then
    echo "setup: this needs Debian 12 (apt-get not found); install by hand: ${missing[*]}" >&2
    exit 1
  fi
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install sudo" >&2; exit 1; }
    root=(sudo)
  fi
  echo "setup: installing ${missing[*]}" >&2
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# LibTorch is the C++ half of PyTorch's wheel; nothing here runs Python.
install_torch() {
  [ "$training" = OFF ] || [ -n "${TORCH_DIR:-}" ] && return
  [ -d ".torch/torch-$torch_version.dist-info" ] || ls -d .torch/torch-"$torch_version"+*.dist-info >/dev/null 2>&1 && return
  echo "setup: installing LibTorch $torch_version into .torch" >&2
  rm -rf .torch .torch.part
  # shellcheck disable=SC2086  # several arguments in one variable are meant
  python3 -m pip install --quiet --target .torch.part ${EVAX_PIP_ARGS:-} "torch==$torch_version"
  mv .torch.part .torch
}

install_packages
install_torch
