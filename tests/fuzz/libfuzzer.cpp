// What libFuzzer calls, in a program with one target.

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  evax::fuzz::whole_file_share = 16;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evax::fuzz::targets().front().run({data, size});
  return 0;
}
