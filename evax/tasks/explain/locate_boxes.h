#pragma once

#include "evax/evaluation/localization/judge.h"
#include "evax/image/read.h"
#include "evax/inference/grad_cam_network.h"

namespace evax::tasks {

/// Runs Grad-CAM over the images of a list, reading in parallel with it on `threads` threads, and
/// says where each box and what the network saw of its image lie: on the X-ray itself, or under the
/// paper's protocol on the network's input, made as its code does. Boxes without a pixel on their
/// image are warned about and skipped, images that cannot be read are left out; more than 1 % of
/// them are an Error.
evaluation::LocatedList locate_boxes(const data::BoxList& list, const weights::Metadata& model,
                                     const inference::GradCam& grad_cam,
                                     const image::ReadOptions& reading, bool paper, size_t threads);

}  // namespace evax::tasks
