#pragma once

#include <cstddef>

namespace evax::engine {

/// The gradient at one row x of a layer norm (epsilon 1e-6) from dy, that at its output: [width]
/// each. `dx` may be `dy`.
void layer_norm_gradient(const float* x, const float* weight, const float* dy, size_t width,
                         float* dx);

}  // namespace evax::engine
