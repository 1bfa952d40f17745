#!/usr/bin/env bash
# Installs what building evax needs on Debian 12 (root or sudo). Idempotent: does nothing, and needs
# no network, when everything is there.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  libhwy-dev                                                # vector kernels
  libjpeg62-turbo-dev libdeflate-dev libdcmtk-dev libopenjp2-7-dev zlib1g-dev  # images
  nlohmann-json3-dev libssl-dev                             # weights
  libcli11-dev libfmt-dev libgtest-dev libbenchmark-dev     # command line, messages, tests, benchmarks
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
    missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: this needs Debian 12 (apt-get not found); install by hand: ${missing[*]}" >&2
  exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo" >&2; exit 1; }
  root=(sudo)
fi
echo "setup: installing ${missing[*]}" >&2
"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
