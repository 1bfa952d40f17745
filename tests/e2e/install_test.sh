#!/usr/bin/env bash
# Installs evax into a new folder, builds examples/predict against it, with CMake and with pkg-config, and compares what
# it prints with `evax predict --format jsonl`.
#   install_test.sh SOURCE BUILD
set -euo pipefail
source=$1 build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=$source/demo/pneumonia.safetensors image=$source/demo/xrays/00001368_000.png

cmake --install "$build" --prefix "$folder/usr" >"$folder/log"
"$folder/usr/bin/evax" predict "$model" "$image" --format jsonl >"$folder/expected"

cmake -S "$source/examples/predict" -B "$folder/cmake" -DCMAKE_PREFIX_PATH="$folder/usr" -DCMAKE_BUILD_TYPE=Release >>"$folder/log"
cmake --build "$folder/cmake" >>"$folder/log"
"$folder/cmake/predict" "$model" "$image" >"$folder/found"
cmp "$folder/expected" "$folder/found"

pc=$(dirname "$(find "$folder/usr" -name evax.pc)")
# shellcheck disable=SC2046  # several flags
PKG_CONFIG_PATH=$pc c++ -std=c++20 "$source/examples/predict/predict.cpp" -o "$folder/with_pkg_config" \
  $(PKG_CONFIG_PATH=$pc pkg-config --define-variable=prefix="$folder/usr" --cflags --libs evax)
"$folder/with_pkg_config" "$model" "$image" >"$folder/found"
cmp "$folder/expected" "$folder/found"

status=0
"$folder/cmake/predict" "$model" "$folder/none.png" >"$folder/found" 2>"$folder/error" || status=$?
[ $status -eq 1 ] && [ ! -s "$folder/found" ] && grep -q '^error: .*none.png' "$folder/error"
