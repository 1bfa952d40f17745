#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/data/transform.h"
#include "evax/inference/runner.h"

namespace evax::inference {

/// A network that segments: normalised images [N, 3, S, S] -> logits [N, C, S, S], float32.
using SegmentationNetwork = std::function<Tensor(const Tensor& images)>;

/// The network of a segmentation model. threads: 0 for all.
SegmentationNetwork segmentation_network(const weights::ModelFile& file,
                                         const MakeRunner& make_runner, engine::Precision precision,
                                         size_t threads);

/// The probability of every class at every pixel of an X-ray of that size, [C, height, width]: the
/// logits of its input, [3, S, S], are brought to its size by bilinear interpolation, then through
/// a sigmoid (spec D.7).
Tensor segment(const Tensor& input, int width, int height, const SegmentationNetwork& network);
/// The same of a picture.
Tensor segment(const image::Image& xray, const data::Transform& transform,
               const SegmentationNetwork& network);

/// The thresholds of a segmentation model, one per class; mmsegmentation's 0.3 where it has none.
std::vector<double> mask_thresholds(const weights::Metadata& model);

/// Where a model marked one class on an X-ray.
struct MarkedClass {
  std::string name;
  double threshold = 0;
  image::Image mask;  // one channel of the X-ray's size, 0 outside
};

/// What segment() found, by thresholds: one per class.
std::vector<MarkedClass> marked_classes(const Tensor& probabilities,
                                        const std::vector<std::string>& classes,
                                        const std::vector<double>& thresholds);

}  // namespace evax::inference
