#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/image/mask/components.h"
#include "evax/inference/grad_cam_network.h"
#include "evax/tasks/run_model.h"

namespace evax::tasks {

enum class ExplainMethod { grad_cam, attention, rollout, pca };

struct ExplainOptions : RunOptions {
  std::string folder;  // for what docs/explaining.md lists; empty: none
  std::string page;    // file for the page that shows it all; empty: none
  std::string with;    // page: a second model file; empty: none
  std::string boxes;   // page: a list of boxes that people drew; empty: none
  inference::MakeGradCam make_grad_cam = inference::grad_cam_network;  // of convolutional networks
  // For the files in `folder`.
  ExplainMethod method = ExplainMethod::grad_cam;
  // Grad-CAM.
  std::vector<std::string> classes;  // names, or "top": the most probable; empty: top, on the page
                                     // all
  double threshold = 0.4;            // of the map, 0 to 1, for the box
  // Attention and rollout.
  std::vector<image::Pixel> points;  // of the X-ray, whose tokens are asked
  bool grid = false;                 // attention: nine points and a sheet in their place
  // Attention.
  std::optional<size_t> layer;  // the last
  std::string head = "mean";    // or "max", or a number
};

/// `evax explain`: what a model looks at on every image: heat maps on the X-ray, the numbers behind
/// them and JSON, and a page to look at them (report/explain/page.h). What cannot be read or
/// explained is reported and counted. Returns the exit code. Throws UsageError for a class, a block
/// or a head that the model does not have.
int explain(const ExplainOptions& options);

}  // namespace evax::tasks
