// Feeds arbitrary bytes to the DICOM reader, any modality.

#include "evax/image/dicom/dicom.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(dicom) {
  evax::fuzz::read_or_refuse(
      [&] { evax::image::decode_dicom(std::as_bytes(input), "fuzz", {.force = true}); });
}
