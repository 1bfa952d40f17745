// Linked into a test, keeps LibTorch to one thread, so that tests may run side by side.
#include <ATen/Parallel.h>

namespace {

[[maybe_unused]] const int threads = (at::set_num_threads(1), at::get_num_threads());

}  // namespace
