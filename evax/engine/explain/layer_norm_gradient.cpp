#include "evax/engine/explain/layer_norm_gradient.h"

#include <cmath>

namespace evax::engine {

// With n = (x - mean) / deviation and g = weight * dy:
// dx = (g - mean(g) - n mean(g n)) / deviation.
void layer_norm_gradient(const float* x, const float* weight, const float* dy, size_t width,
                         float* dx) {
  const auto count = static_cast<float>(width);
  float sum = 0;
  for (size_t i = 0; i < width; ++i) sum += x[i];
  const float mean = sum / count;
  float squares = 0, gradient = 0, along = 0;
  for (size_t i = 0; i < width; ++i) {
    const float centred = x[i] - mean;
    const float g = weight[i] * dy[i];
    squares += centred * centred;
    gradient += g;
    along += g * centred;
  }
  const float inverse = 1.0F / std::sqrt(squares / count + 1e-6F);
  const float slope = along / count * inverse * inverse;
  for (size_t i = 0; i < width; ++i)
    dx[i] = inverse * (weight[i] * dy[i] - gradient / count - (x[i] - mean) * slope);
}

}  // namespace evax::engine
