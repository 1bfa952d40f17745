#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/image/mask/components.h"
#include "evax/tasks/run_model.h"

namespace evax::tasks {

enum class ExplainMethod { grad_cam, attention, rollout, pca };

struct ExplainOptions : RunOptions {
  std::string folder;  // for what docs/explaining.md lists
  ExplainMethod method = ExplainMethod::grad_cam;
  // Grad-CAM.
  std::vector<std::string> classes{"top"};  // names, or "top": the most probable
  double threshold = 0.4;                   // of the map, 0 to 1, for the box
  // Attention and rollout.
  std::vector<image::Pixel> points;  // of the X-ray, whose tokens are asked
  bool grid = false;                 // attention: nine points and a sheet in their place
  // Attention.
  std::optional<size_t> layer;  // the last
  std::string head = "mean";    // or "max", or a number
};

/// `evax explain`: what a model looks at on every image: heat maps on the X-ray, the numbers behind
/// them and JSON. What cannot be read or explained is reported and counted. Returns the exit code.
/// Throws UsageError for a class, a block or a head that the model does not have.
int explain(const ExplainOptions& options);

}  // namespace evax::tasks
