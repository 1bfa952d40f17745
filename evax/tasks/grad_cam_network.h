#pragma once

#include <functional>

#include "evax/engine/model.h"
#include "evax/evaluation/localization/judge.h"

namespace evax::tasks {

/// Makes the Grad-CAM of a model file; throws Error when it cannot of that architecture.
using MakeGradCam =
    std::function<evaluation::GradCam(const weights::ModelFile&, const engine::Options&)>;

/// On the engine of this CPU.
evaluation::GradCam grad_cam_network(const weights::ModelFile& file,
                                     const engine::Options& options);

}  // namespace evax::tasks
