#include "evax/tasks/grad_cam_network.h"

#include "evax/core/error.h"

namespace evax::tasks {

evaluation::GradCam grad_cam_network(const weights::ModelFile& file, const engine::Options&) {
  fail("{}: Grad-CAM does not run on the engine yet", file.metadata.model.variant);
}

}  // namespace evax::tasks
