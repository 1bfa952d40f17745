#include "evax/inference/grad_cam_network.h"

namespace evax::inference {

GradCam grad_cam_of(std::shared_ptr<const engine::Session> model) {
  return [model = std::move(model)](const Tensor& images, std::span<const int> classes) {
    const int64_t count = images.size(0);
    const int64_t grid = model->config().grid();
    CamMaps maps{Tensor(DType::f32, {count, static_cast<int64_t>(classes.size()), grid, grid}),
                 Tensor(DType::f32, {count, model->config().num_classes})};
    model->grad_cam(
        images.floats().data(), static_cast<size_t>(count), classes,
        {.raw = maps.raw.mutable_floats().data(), .logits = maps.logits.mutable_floats().data()});
    return maps;
  };
}

GradCam grad_cam_network(const weights::ModelFile& file, const engine::Options& options) {
  return grad_cam_of(std::make_shared<const engine::Session>(file, options));
}

}  // namespace evax::inference
