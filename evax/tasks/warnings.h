#pragma once

#include <string>
#include <vector>

#include "evax/tasks/image_stream.h"
#include "evax/weights/config.h"

namespace evax::tasks {

/// Why an image may not be what the model was made for: what its reader said (view, modality), a
/// resolution below the model's, pixel statistics far from those of its training data.
std::vector<std::string> warnings_of(const Item& item, const weights::Preprocess& preprocess);

}  // namespace evax::tasks
