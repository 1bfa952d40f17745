#include "evax/evaluation/segmentation/segment.h"

#include <cmath>

#include "evax/core/interpolate.h"

namespace evax::evaluation {

Tensor segment(const image::Image& xray, const data::Transform& transform,
               const SegmentationNetwork& network) {
  const int size = transform.size();
  const Tensor logits = network(transform(xray).reshaped({1, 3, size, size}));
  const Shape& shape = logits.shape();
  const auto plane = static_cast<size_t>(shape[2] * shape[3]);
  std::vector<float> probabilities;
  for (int64_t c = 0; c < shape[1]; ++c) {
    const std::vector<float> enlarged = interpolate(
        logits.floats().data() + static_cast<size_t>(c) * plane, static_cast<int>(shape[2]),
        static_cast<int>(shape[3]), xray.height, xray.width, Interpolation::bilinear, false);
    for (const float logit : enlarged) probabilities.push_back(1 / (1 + std::exp(-logit)));
  }
  return Tensor::from_floats({shape[1], xray.height, xray.width}, probabilities);
}

}  // namespace evax::evaluation
