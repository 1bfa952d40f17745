// Feeds arbitrary bytes to the DICOM reader. Build and run:
//   cmake --preset asan-ubsan -DCMAKE_CXX_COMPILER=clang++ -DEVAX_FUZZ=ON \\
//     -DEVAX_SANITIZE=address,undefined,fuzzer-no-link
//   ninja -C build/asan-ubsan dicom_fuzz
//   build/asan-ubsan/bin/dicom_fuzz -max_len=65536 -rss_limit_mb=1024 tests/fuzz/corpus/dicom

#include <cstddef>
#include <cstdint>
#include <span>

#include "evax/core/error.h"
#include "evax/image/dicom/dicom.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    evax::image::decode_dicom(std::as_bytes(std::span(data, size)), "fuzz", {.force = true});
  } catch (const evax::Error&) {
    // the answer to bad input
  }
  return 0;
}
