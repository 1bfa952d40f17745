#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace evax::metrics {

/// The orthogonal directions along which points vary most (principal component analysis).
struct PrincipalComponents {
  size_t width = 0;
  std::vector<double> mean;      // [width]
  std::vector<double> axes;      // [components, width], of length 1, the most variance first; the
                                 // largest number of each is positive
  std::vector<double> variance;  // [components], shares of the whole; 0 where nothing varies
};

/// points: [count, width], at least one. By subspace iteration on their covariance with a
/// Rayleigh-Ritz step in every round, until the axes have converged.
PrincipalComponents principal_components(std::span<const float> points, size_t width,
                                         size_t components);

/// Coordinates of the points along the axes, [count, components].
std::vector<float> project(const PrincipalComponents& basis, std::span<const float> points);

/// Every column of values [count, columns] from 0 (its smallest) to 1 (its largest); a column
/// without a range becomes 0.
void scale_columns(std::span<float> values, size_t columns);

}  // namespace evax::metrics
