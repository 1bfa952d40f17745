#include "evax/tasks/grad_cam_network.h"

namespace evax::tasks {

evaluation::GradCam grad_cam_network(const weights::ModelFile& file,
                                     const engine::Options& options) {
  auto model = std::make_shared<const engine::Model>(file, options);
  return [model](const Tensor& images, std::span<const int> classes) {
    const int64_t count = images.size(0);
    const int64_t grid = model->config().grid();
    Tensor raw(DType::f32, {count, static_cast<int64_t>(classes.size()), grid, grid});
    model->grad_cam(images.floats().data(), static_cast<size_t>(count), classes,
                    {.raw = raw.mutable_floats().data()});
    return raw;
  };
}

}  // namespace evax::tasks
