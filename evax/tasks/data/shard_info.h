#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace evax::tasks {

/// Whether a path is a folder of shards, or one that `evax data pack` filled with such folders.
bool holds_shards(const std::string& folder);

/// What they hold: task, classes, numbers of images, labels and bytes, and what is missing.
nlohmann::ordered_json describe_shards(const std::string& folder);

}  // namespace evax::tasks
