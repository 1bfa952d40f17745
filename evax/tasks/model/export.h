#pragma once

#include <optional>
#include <string>

#include "evax/weights/convert.h"

namespace evax::tasks {

struct ExportOptions {
  std::string model;
  std::string output;  // NAME.safetensors or NAME.pth; a folder for hf
  weights::ExportLayout layout = weights::ExportLayout::timm;
  std::optional<DType> dtype;  // default: as stored
};

/// `evax export`: a model file -> another program's layout, or another precision.
void export_model(const ExportOptions& options);

}  // namespace evax::tasks
