#include "evax/metrics/findings/same_test_set.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "evax/core/error.h"

namespace evax::metrics {
namespace {

using Names = std::vector<std::string>;

// Those of `a` that `b` lacks; both sorted.
Names missing(const Names& a, const Names& b) {
  Names names;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(names));
  return names;
}

void check_same_names(const std::string& what, Names a, Names b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const Names only_a = missing(a, b);
  const Names only_b = missing(b, a);
  if (only_a.empty() && only_b.empty()) return;
  fail(
      "not the same test set: {} only in the first list: {}, only in the second: {}, such as "
      "\"{}\"",
      what, only_a.size(), only_b.size(), only_a.empty() ? only_b.front() : only_a.front());
}

std::vector<uint32_t> order_by_path(const Names& paths) {
  std::vector<uint32_t> order(paths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t i, uint32_t j) { return paths[i] < paths[j]; });
  return order;
}

bool same_label(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string label_name(float label) {
  return std::isnan(label) ? "unknown" : fmt::format("{}", label);
}

void check_same_labels(const Predictions& a, const Predictions& b,
                       const std::vector<uint32_t>& row_of_b) {
  const size_t classes = a.classes.size();
  size_t different = 0;
  std::string example;
  for (size_t row = 0; row < a.size(); ++row)
    for (size_t c = 0; c < classes; ++c) {
      const float label_a = a.labels[row * classes + c];
      const float label_b = b.labels[row_of_b[row] * classes + c];
      if (same_label(label_a, label_b)) continue;
      if (different++ == 0)
        example = fmt::format("{} of \"{}\", {} in the first list and {} in the second",
                              a.classes[c], a.paths[row], label_name(label_a), label_name(label_b));
    }
  if (different > 0)
    fail("not the same test set: {} of {} labels differ, such as {}", different, a.labels.size(),
         example);
}

}  // namespace

std::vector<uint32_t> match_rows(const TestSetNames& a, const TestSetNames& b) {
  check_same_names("classes", a.classes, b.classes);
  for (size_t c = 0; c < a.classes.size(); ++c)
    if (a.classes[c] != b.classes[c])
      fail("not the same test set: class {} is \"{}\" in the first list and \"{}\" in the second",
           c + 1, a.classes[c], b.classes[c]);
  check_same_names("images", a.paths, b.paths);

  const auto order_a = order_by_path(a.paths);
  const auto order_b = order_by_path(b.paths);
  std::vector<uint32_t> row_of_b(a.paths.size());
  for (size_t i = 0; i < order_a.size(); ++i) row_of_b[order_a[i]] = order_b[i];
  return row_of_b;
}

std::vector<uint32_t> check_same_test_set(const Predictions& a, const Predictions& b) {
  if (a.exclusive != b.exclusive)
    fail("not the same test set: the {} list has exclusive classes, the other independent findings",
         a.exclusive ? "first" : "second");
  const auto row_of_b = match_rows({a.classes, a.paths}, {b.classes, b.paths});
  check_same_labels(a, b, row_of_b);
  return row_of_b;
}

}  // namespace evax::metrics
