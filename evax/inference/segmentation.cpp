#include "evax/inference/segmentation.h"

#include <cmath>

#include "evax/core/interpolate.h"
#include "evax/core/thread_pool.h"
#include "evax/metrics/segmentation/pixel_counts.h"
#include "evax/weights/convert/presets.h"

namespace evax::inference {

SegmentationNetwork segmentation_network(const weights::ModelFile& file,
                                         const MakeRunner& make_runner, engine::Precision precision,
                                         size_t threads) {
  const std::shared_ptr<Runner> runner =
      make_runner(file, {precision, threads == 0 ? available_threads() : threads});
  const weights::ModelConfig config = file.metadata.model;
  return [runner, config](const Tensor& images) {
    Tensor logits(DType::f32,
                  {images.size(0), config.num_classes, config.image_size, config.image_size});
    runner->forward(images.floats().data(), static_cast<size_t>(images.size(0)),
                    {.logits = logits.mutable_floats().data()});
    return logits;
  };
}

Tensor segment(const Tensor& input, int width, int height, const SegmentationNetwork& network) {
  const Tensor logits = network(input.reshaped({1, 3, input.size(1), input.size(2)}));
  const Shape& shape = logits.shape();
  const auto plane = static_cast<size_t>(shape[2] * shape[3]);
  std::vector<float> probabilities;
  for (int64_t c = 0; c < shape[1]; ++c) {
    const std::vector<float> enlarged = interpolate(
        logits.floats().data() + static_cast<size_t>(c) * plane, static_cast<int>(shape[2]),
        static_cast<int>(shape[3]), height, width, Interpolation::bilinear, false);
    for (const float logit : enlarged) probabilities.push_back(1 / (1 + std::exp(-logit)));
  }
  return Tensor::from_floats({shape[1], height, width}, probabilities);
}

Tensor segment(const image::Image& xray, const data::Transform& transform,
               const SegmentationNetwork& network) {
  return segment(transform(xray), xray.width, xray.height, network);
}

std::vector<double> mask_thresholds(const weights::Metadata& model) {
  if (!model.thresholds.empty()) return model.thresholds;
  return std::vector<double>(model.classes.size(), weights::segmentation_threshold);
}

std::vector<MarkedClass> marked_classes(const Tensor& probabilities,
                                        const std::vector<std::string>& classes,
                                        const std::vector<double>& thresholds) {
  const auto height = static_cast<int>(probabilities.size(1));
  const auto width = static_cast<int>(probabilities.size(2));
  const size_t pixels = size_t(height) * static_cast<size_t>(width);
  std::vector<MarkedClass> marked;
  for (size_t c = 0; c < classes.size(); ++c)
    marked.push_back(
        {classes[c],
         thresholds[c],
         {width, height, 1,
          metrics::mark(probabilities.floats().subspan(c * pixels, pixels), thresholds[c])}});
  return marked;
}

}  // namespace evax::inference
