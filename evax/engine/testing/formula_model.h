#pragma once

#include <vector>

#include "evax/core/testing/formula.h"
#include "evax/weights/model_file.h"

namespace evax::engine::testing {

using evax::test::formula_value;

/// A model of any size whose weights follow from that formula.
weights::ModelFile formula_model(const weights::ModelConfig& config);

/// The fixtures' input, [count, 3, image_size, image_size]; image 0 is theirs at 224 px.
std::vector<float> formula_images(const weights::ModelConfig& config, size_t count);

/// 224 px, 14 classes.
weights::ModelConfig tiny_config();
weights::ModelConfig small_config();
weights::ModelConfig base_config();

}  // namespace evax::engine::testing
