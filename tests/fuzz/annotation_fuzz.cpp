// Feeds arbitrary text to the reader of run-length codes; what it accepts stays within the mask.

#include <string_view>
#include <vector>

#include "evax/core/error.h"
#include "evax/data/segmentation/annotation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evax::data::Mask mask{17, 13, 1, std::vector<uint8_t>(17 * 13)};
  try {
    evax::data::draw_runs({reinterpret_cast<const char*>(data), size}, "fuzz", mask);
  } catch (const evax::Error&) {  // the answer to bad input
  }
  return 0;
}
