// What libFuzzer calls, in a program with one target.

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evax::fuzz::targets().front().run({data, size});
  return 0;
}
