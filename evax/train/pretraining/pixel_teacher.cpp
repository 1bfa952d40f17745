#include "evax/train/pretraining/pixel_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace evax::train {

PixelTeacher::PixelTeacher(const weights::ModelConfig& student) : config_(student) {}

std::vector<std::string> PixelTeacher::notes() const {
  return {
      fmt::format("the normalised pixels of a patch ({} numbers), mean squared error", width())};
}

at::Tensor PixelTeacher::targets(const at::Tensor& images, const at::Tensor& patches) {
  constexpr double epsilon = 1e-6;
  const int64_t grid = config_.grid();
  const int64_t side = config_.patch_size;
  const at::Tensor pixels = images.reshape({-1, 3, grid, side, grid, side})
                                .permute({0, 2, 4, 1, 3, 5})
                                .reshape({-1, width()})
                                .index_select(0, patches);
  const at::Tensor mean = pixels.mean(1, /*keepdim=*/true);
  const at::Tensor variance = pixels.var(1, /*unbiased=*/true, /*keepdim=*/true);
  return (pixels - mean) / (variance + epsilon).sqrt();
}

}  // namespace evax::train
