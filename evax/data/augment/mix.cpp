#include "evax/data/augment/mix.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace evax::data {
namespace {

// Every float times its part, in float32, as PyTorch rounds it.
void blend(std::span<float> a, std::span<float> b, double lambda) {
  const auto own = static_cast<float>(lambda);
  const auto other = static_cast<float>(1 - lambda);
  for (size_t i = 0; i < a.size(); ++i) {
    const float first = a[i], second = b[i];
    a[i] = first * own + second * other;
    b[i] = second * own + first * other;
  }
}

void swap_box(float* a, float* b, const Box& box, int64_t width) {
  for (int y = box.y; y < box.y + box.height; ++y)
    std::swap_ranges(a + y * width + box.x, a + y * width + box.x + box.width,
                     b + y * width + box.x);
}

}  // namespace

Mix cut_mix(double lambda, int centre_x, int centre_y, int width, int height) {
  const double side = std::sqrt(1 - lambda);
  const int half_width = static_cast<int>(width * side) / 2;
  const int half_height = static_cast<int>(height * side) / 2;
  const int left = std::max(centre_x - half_width, 0);
  const int right = std::min(centre_x + half_width, width);
  const int top = std::max(centre_y - half_height, 0);
  const int bottom = std::min(centre_y + half_height, height);
  const Box box{left, top, right - left, bottom - top};
  const double area = static_cast<double>(box.width) * box.height;
  return {1 - area / (static_cast<double>(width) * height), box};
}

Mix draw_mix(const AugmentConfig& config, int width, int height, Random& random) {
  if (config.mixup <= 0 && config.cutmix <= 0) return {};
  if (!random.chance(config.mix_probability)) return {};
  const bool cut = config.mixup <= 0 || (config.cutmix > 0 && random.chance(config.mix_switch));
  if (!cut) return {random.beta(config.mixup, config.mixup), std::nullopt};
  const double lambda = random.beta(config.cutmix, config.cutmix);
  const auto centre_y = static_cast<int>(random.integer(0, height - 1));
  const auto centre_x = static_cast<int>(random.integer(0, width - 1));
  return cut_mix(lambda, centre_x, centre_y, width, height);
}

void mix_rows(const Mix& mix, Tensor& images, Tensor& targets) {
  if (mix.lambda == 1) return;
  const int64_t rows = images.size(0);
  const auto row_of = [rows](Tensor& tensor, int64_t row) {
    const size_t length = static_cast<size_t>(tensor.elements() / rows);
    return tensor.mutable_floats().subspan(row * length, length);
  };
  for (int64_t i = 0; i < rows / 2; ++i) {
    const auto a = row_of(images, i), b = row_of(images, rows - 1 - i);
    if (mix.box) {
      const int64_t plane = images.size(2) * images.size(3);
      for (int64_t channel = 0; channel < images.size(1); ++channel)
        swap_box(a.data() + channel * plane, b.data() + channel * plane, *mix.box, images.size(3));
    } else {
      blend(a, b, mix.lambda);
    }
    blend(row_of(targets, i), row_of(targets, rows - 1 - i), mix.lambda);
  }
}

void mix_batch(const AugmentConfig& config, const Key& key, Batch& batch) {
  Random random(key.seed, key.epoch, key.sample, Draw::mix);
  const auto width = static_cast<int>(batch.images.size(3));
  const auto height = static_cast<int>(batch.images.size(2));
  mix_rows(draw_mix(config, width, height, random), batch.images, batch.targets);
}

}  // namespace evax::data
