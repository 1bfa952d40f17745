#!/usr/bin/env bash
# Builds the libFuzzer targets of tests/fuzz with clang and runs each of them for a while from its
# corpus; ends with an error when one finds something.
#   tools/fuzz.sh [SECONDS [TARGET...]]     60 seconds; all targets
#   tools/fuzz.sh 10000000x dicom_rle       so many executions
# New inputs go to build/fuzz/corpus, findings to build/fuzz/found, logs to build/fuzz/log. Where
# tools/fuzz_decoders.sh was run, DCMTK and OpenJPEG are searched too.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-60} in
  *x) limit=-runs=${1%x} ;;
  *) limit=-max_total_time=${1:-60} ;;
esac
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls tests/fuzz/corpus)

EVAX_FUZZ=ON EVAX_TRAINING=OFF tools/setup.sh
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/%/_fuzz}"

seeds_of() {  # beside its corpus
  case $1 in
    dicom) echo tests/fixtures/dicom/files ;;
    image) echo tests/fixtures/image/png tests/fixtures/image/jpeg ;;
    npy) echo tests/fixtures/npy ;;
    pickle) echo tests/fixtures/weights ;;
  esac
}

longest() {  # input in bytes: those that build a code stream repeat what they get
  case $1 in
    dicom_*) echo 1000 ;;
    *) echo 12000 ;;
  esac
}

run_target() {
  local name=$1 log=build/fuzz/log/$1 status=0
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/found build/fuzz/log
  # shellcheck disable=SC2046  # several folders
  "build/fuzz/bin/${name}_fuzz" "$limit" -max_len="$(longest "$name")" -timeout=60 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
    "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" $(seeds_of "$name") >"$log" 2>&1 || status=$?
  local executions
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ $status -eq 0 ]; then
    echo "$name: $executions executions"
  else
    echo "$name: FOUND something after ${executions:-?} executions ($log)"
  fi
  return $status
}
export -f run_target seeds_of longest
export limit

TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR UBSAN_OPTIONS=print_stacktrace=1
# AddressSanitizer's most expensive checks halve the number of executions.
export ASAN_OPTIONS=detect_stack_use_after_return=0:malloc_context_size=4:quarantine_size_mb=8:allocator_release_to_os_interval_ms=-1
[ ! -d build/fuzz-decoders/lib ] || export LD_LIBRARY_PATH=$PWD/build/fuzz-decoders/lib
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run_target {}'
