#include "evax/tasks/mask_network.h"

#include "evax/core/thread_pool.h"
#include "evax/weights/convert/presets.h"

namespace evax::tasks {

evaluation::SegmentationNetwork mask_network(const weights::ModelFile& file,
                                             const MakeRunner& make_runner,
                                             engine::Precision precision, size_t threads) {
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

std::vector<double> mask_thresholds(const weights::Metadata& model) {
  if (!model.thresholds.empty()) return model.thresholds;
  return std::vector<double>(model.classes.size(), weights::segmentation_threshold);
}

}  // namespace evax::tasks
