#include "evax/evaluation/examples.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evax/core/error.h"
#include "evax/image/resize/resize.h"
#include "evax/image/write.h"

namespace evax::evaluation {
namespace {

constexpr int thumbnail_height = 224;
constexpr int widest = 2;  // times its height

std::string thumbnail(const data::Dataset& images, const data::Sample& sample) {
  const image::Image image = data::read_image(images, sample);
  const double width = static_cast<double>(image.width) * thumbnail_height / image.height;
  const int clamped = static_cast<int>(std::clamp(width, 1.0, double{widest * thumbnail_height}));
  return image::encode_png(
      image::resize(image, clamped, thumbnail_height, Interpolation::bilinear));
}

/// The calls of one class.
class Calls {
 public:
  Calls(const Judgement& judgement, size_t class_index)
      : judgement_(judgement),
        class_(class_index),
        classes_(judgement.predictions.classes.size()) {}

  /// Rows whose truth and call are these, by falling certainty.
  std::vector<size_t> rows(bool truth, bool call) const {
    std::vector<size_t> found;
    for (size_t row = 0; row < judgement_.predictions.size(); ++row)
      if (!std::isnan(label(row)) && (label(row) > 0.5F) == truth && called(row) == call)
        found.push_back(row);
    std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) {
      return call ? probability(a) > probability(b) : probability(a) < probability(b);
    });
    return found;
  }

  double probability(size_t row) const {
    return judgement_.predictions.probabilities[row * classes_ + class_];
  }

 private:
  float label(size_t row) const { return judgement_.predictions.labels[row * classes_ + class_]; }

  bool called(size_t row) const {
    const auto& threshold = judgement_.evaluation.classes[class_].threshold;
    if (!threshold) {
      const auto* first = judgement_.predictions.probabilities.data() + row * classes_;
      return std::max_element(first, first + classes_) == first + class_;
    }
    // Of two exclusive classes the first is called where the second is not.
    if (judgement_.predictions.exclusive && class_ == 0)
      return judgement_.predictions.probabilities[row * classes_ + 1] <
             *judgement_.evaluation.classes[1].threshold;
    return probability(row) >= *threshold;
  }

  const Judgement& judgement_;
  size_t class_, classes_;
};

std::string truth_of(const metrics::Predictions& predictions, size_t row) {
  const size_t classes = predictions.classes.size();
  std::vector<std::string> names;
  for (size_t c = 0; c < classes; ++c)
    if (predictions.labels[row * classes + c] > 0.5F) names.push_back(predictions.classes[c]);
  return names.empty() ? "no finding" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Examples examples_of(const Judgement& judgement) {
  const metrics::Predictions& predictions = judgement.predictions;
  Examples examples;
  for (size_t c = 0; c < predictions.classes.size(); ++c) {
    const Calls calls(judgement, c);
    const auto add = [&](report::Verdict verdict, bool truth, bool call, size_t most) {
      const std::vector<size_t> rows = calls.rows(truth, call);
      for (size_t i = 0; i < std::min(most, rows.size()); ++i) {
        const uint32_t sample = judgement.samples[rows[i]];
        examples.samples.push_back(sample);
        examples.shown.push_back(
            {predictions.classes[c], verdict, predictions.paths[rows[i]],
             calls.probability(rows[i]), truth_of(predictions, rows[i]),
             thumbnail(*judgement.subject.images, judgement.subject.images->samples[sample]), ""});
      }
    };
    add(report::Verdict::right, true, true, 2);
    add(report::Verdict::wrong, false, true, 1);
    add(report::Verdict::missed, true, false, 1);
  }
  return examples;
}

}  // namespace evax::evaluation
