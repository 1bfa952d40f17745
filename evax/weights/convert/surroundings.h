#pragma once

#include <string>
#include <vector>

#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/presets.h"

namespace evax::weights {

/// What an import knows beside the tensors.
struct Surroundings {
  const std::string& path;
  const ImportOptions& options;
  const Checkpoint& checkpoint;
  const Preset* preset = nullptr;  // null: none was asked for
  bool mgca = false;
  std::string_view layout;

  /// What evax export wrote beside the weights; null without it and where a preset replaces it.
  const Metadata* exported() const {
    return preset == nullptr && checkpoint.exported ? &*checkpoint.exported : nullptr;
  }
};

/// Sets what a model file says around its network: classes, task, preprocessing, thresholds,
/// temperature and provenance, each from the first of options, preset, evax.json, the folder's
/// config that knows it, else by default. Throws Error naming the path.
void set_surroundings(const Surroundings& known, Metadata& metadata,
                      std::vector<std::string>& notes);

}  // namespace evax::weights
