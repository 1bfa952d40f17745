#include "evax/metrics/principal_components.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evax::metrics {
namespace {

constexpr size_t spare = 8;  // directions more than asked for: the slow ones settle among them
constexpr int most_rounds = 500;
constexpr double settled = 1e-10;  // of the largest variance

// Columns as vectors: column c of a matrix [width, n] is matrix[c].
using Vector = std::vector<double>;
using Columns = std::vector<Vector>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add(Vector& to, double factor, const Vector& vector) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += factor * vector[i];
}

// [width, width], not divided by the number of points.
Columns scatter(std::span<const float> points, const Vector& mean) {
  const size_t width = mean.size();
  Columns sums(width, Vector(width));
  Vector centred(width);
  for (size_t first = 0; first < points.size(); first += width) {
    for (size_t i = 0; i < width; ++i) centred[i] = points[first + i] - mean[i];
    for (size_t i = 0; i < width; ++i)
      for (size_t j = 0; j <= i; ++j) sums[i][j] += centred[i] * centred[j];
  }
  for (size_t i = 0; i < width; ++i)
    for (size_t j = 0; j < i; ++j) sums[j][i] = sums[i][j];
  return sums;
}

// Makes the columns orthonormal, in their order; what depends on those before becomes 0.
void orthonormalise(Columns& columns) {
  for (size_t c = 0; c < columns.size(); ++c) {
    const double before = std::sqrt(dot(columns[c], columns[c]));
    for (int twice = 0; twice < 2; ++twice)
      for (size_t other = 0; other < c; ++other)
        add(columns[c], -dot(columns[other], columns[c]), columns[other]);
    const double length = std::sqrt(dot(columns[c], columns[c]));
    const double scale = length > 1e-12 * before ? 1 / length : 0;
    for (double& value : columns[c]) value *= scale;
  }
}

// Eigenvectors of a small symmetric matrix by Jacobi's rotations, the largest eigenvalue first.
Columns eigenvectors(Columns matrix) {
  const size_t size = matrix.size();
  Columns vectors(size, Vector(size));
  for (size_t i = 0; i < size; ++i) vectors[i][i] = 1;
  const auto rotate = [&](size_t p, size_t q) {
    if (matrix[p][q] == 0) return;
    const double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
    const double t = std::copysign(1 / (std::fabs(theta) + std::hypot(theta, 1)), theta);
    const double cos = 1 / std::hypot(t, 1);
    const double sin = t * cos;
    const auto turn = [&](double& a, double& b) {
      const double old = a;
      a = cos * old - sin * b;
      b = sin * old + cos * b;
    };
    for (size_t i = 0; i < size; ++i) turn(matrix[i][p], matrix[i][q]);
    for (size_t i = 0; i < size; ++i) turn(matrix[p][i], matrix[q][i]);
    for (size_t i = 0; i < size; ++i) turn(vectors[p][i], vectors[q][i]);
  };
  for (int sweep = 0; sweep < 30; ++sweep)
    for (size_t p = 0; p < size; ++p)
      for (size_t q = p + 1; q < size; ++q) rotate(p, q);
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return matrix[a][a] > matrix[b][b]; });
  Columns sorted;
  for (const size_t index : order) sorted.push_back(vectors[index]);
  return sorted;
}

Columns combine(const Columns& columns, const Columns& weights) {
  Columns result(weights.size(), Vector(columns.front().size()));
  for (size_t c = 0; c < weights.size(); ++c)
    for (size_t i = 0; i < columns.size(); ++i) add(result[c], weights[c][i], columns[i]);
  return result;
}

Columns times(const Columns& symmetric, const Columns& columns) {
  Columns result(columns.size(), Vector(symmetric.size()));
  for (size_t c = 0; c < columns.size(); ++c)
    for (size_t i = 0; i < symmetric.size(); ++i) result[c][i] = dot(symmetric[i], columns[c]);
  return result;
}

// Any start will do that no axis is orthogonal to.
Columns start(size_t width, size_t count) {
  Columns columns(count, Vector(width));
  for (size_t c = 0; c < count; ++c)
    for (size_t i = 0; i < width; ++i)
      columns[c][i] = std::sin(static_cast<double>((i + 1) * (2 * c + 3)) * 1.2345);
  orthonormalise(columns);
  return columns;
}

double largest_by_size(const Vector& vector) {
  return *std::max_element(vector.begin(), vector.end(),
                           [](double a, double b) { return std::fabs(a) < std::fabs(b); });
}

}  // namespace

PrincipalComponents principal_components(std::span<const float> points, size_t width,
                                         size_t components) {
  PrincipalComponents basis{width, Vector(width), {}, {}};
  for (size_t i = 0; i < points.size(); ++i) basis.mean[i % width] += points[i];
  for (double& mean : basis.mean) mean /= static_cast<double>(points.size() / width);
  const Columns sums = scatter(points, basis.mean);
  double whole = 0;
  for (size_t i = 0; i < width; ++i) whole += sums[i][i];

  Columns axes = start(width, std::min(width, components + spare));
  for (int round = 0; round < most_rounds; ++round) {
    Columns moved = times(sums, axes);
    Columns products(axes.size(), Vector(axes.size()));
    for (size_t i = 0; i < axes.size(); ++i)
      for (size_t j = 0; j < axes.size(); ++j) products[i][j] = dot(axes[i], moved[j]);
    const Columns turn = eigenvectors(products);
    axes = combine(axes, turn);
    moved = combine(moved, turn);
    double error = 0;
    for (size_t c = 0; c < std::min(components, axes.size()); ++c) {
      Vector rest = moved[c];
      add(rest, -dot(axes[c], moved[c]), axes[c]);
      error = std::max(error, std::sqrt(dot(rest, rest)));
    }
    if (error <= settled * dot(axes[0], moved[0])) break;
    axes = std::move(moved);
    orthonormalise(axes);
  }

  axes.resize(components, Vector(width));
  for (Vector& axis : axes) {
    const double sign = largest_by_size(axis) < 0 ? -1 : 1;
    for (const double value : axis) basis.axes.push_back(sign * value);
    const double along = dot(axis, times(sums, {axis}).front());
    basis.variance.push_back(whole > 0 ? along / whole : 0);
  }
  return basis;
}

std::vector<float> project(const PrincipalComponents& basis, std::span<const float> points) {
  std::vector<float> coordinates;
  for (size_t first = 0; first < points.size(); first += basis.width)
    for (size_t axis = 0; axis < basis.axes.size(); axis += basis.width) {
      double sum = 0;
      for (size_t i = 0; i < basis.width; ++i)
        sum += basis.axes[axis + i] * (points[first + i] - basis.mean[i]);
      coordinates.push_back(static_cast<float>(sum));
    }
  return coordinates;
}

void scale_columns(std::span<float> values, size_t columns) {
  for (size_t column = 0; column < columns; ++column) {
    float low = values[column], high = values[column];
    for (size_t i = column; i < values.size(); i += columns) {
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
    const float scale = high > low ? 1 / (high - low) : 0;
    for (size_t i = column; i < values.size(); i += columns) values[i] = (values[i] - low) * scale;
  }
}

}  // namespace evax::metrics
