// Feeds arbitrary bytes to the DICOM reader, any modality.

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
