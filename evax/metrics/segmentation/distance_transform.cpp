#include "evax/metrics/segmentation/distance_transform.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evax::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Finds min over q of f(q) + (step (p - q))^2 for every p of a line: the lower envelope of
/// parabolas.
class LowerEnvelope {
 public:
  explicit LowerEnvelope(size_t longest) { parabolas_.reserve(longest); }

  /// In place.
  void transform(std::span<double> line, double step) {
    build(line, step);
    if (parabolas_.empty()) return;
    size_t k = 0;
    for (size_t p = 0; p < line.size(); ++p) {
      const double x = step * static_cast<double>(p);
      while (k + 1 < parabolas_.size() && parabolas_[k + 1].begin < x) ++k;
      const double away = x - parabolas_[k].vertex;
      line[p] = parabolas_[k].height + away * away;
    }
  }

 private:
  struct Parabola {
    double vertex, height;
    double begin;  // from here on it is the lowest
  };

  // Where the later of two parabolas, `b`, sinks below the earlier.
  static double crossing(const Parabola& a, const Parabola& b) {
    return (b.height + b.vertex * b.vertex - a.height - a.vertex * a.vertex) /
           (2 * (b.vertex - a.vertex));
  }

  void build(std::span<const double> line, double step) {
    parabolas_.clear();
    for (size_t q = 0; q < line.size(); ++q) {
      if (std::isinf(line[q])) continue;
      Parabola next{step * static_cast<double>(q), line[q], -infinity};
      while (!parabolas_.empty()) {
        next.begin = crossing(parabolas_.back(), next);
        if (next.begin > parabolas_.back().begin) break;
        parabolas_.pop_back();
        next.begin = -infinity;
      }
      parabolas_.push_back(next);
    }
  }

  std::vector<Parabola> parabolas_;
};

}  // namespace

std::vector<double> distance_transform(std::span<const uint8_t> mask, size_t height, size_t width,
                                       const PixelSize& size) {
  std::vector<double> squares(height * width);
  LowerEnvelope envelope(std::max(height, width));
  std::vector<double> column(height);
  for (size_t x = 0; x < width; ++x) {
    for (size_t y = 0; y < height; ++y) column[y] = mask[y * width + x] != 0 ? 0 : infinity;
    envelope.transform(column, size.height);
    for (size_t y = 0; y < height; ++y) squares[y * width + x] = column[y];
  }
  for (size_t y = 0; y < height; ++y)
    envelope.transform(std::span(squares).subspan(y * width, width), size.width);
  for (double& value : squares) value = std::sqrt(value);
  return squares;
}

}  // namespace evax::metrics
