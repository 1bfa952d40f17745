// forward() takes no memory after the first call: every operator new of this program is counted.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"

namespace {
std::atomic<size_t> allocations{0};
}

// Not inlined: the compiler would see malloc() meet operator delete, or free() meet operator new,
// and warn.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace evax::engine {
namespace {

TEST(Allocation, NoneAfterTheFirstForward) {
  auto config = testing::tiny_config();
  config.depth = 2;
  const auto file = testing::formula_model(config);
  const auto images = testing::formula_images(config, 3);
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16()) continue;
    const Session session(file, {precision, 2});
    std::vector<float> logits(3 * 14);
    session.forward(images.data(), 3, {.logits = logits.data()});
    const size_t before = allocations;
    session.forward(images.data(), 3, {.logits = logits.data()});
    session.forward(images.data(), 1, {.logits = logits.data()});
    EXPECT_EQ(allocations - before, 0U);
  }
}

}  // namespace
}  // namespace evax::engine
