#include "evax/tasks/findings/agreement.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "evax/inference/findings.h"
#include "evax/inference/segmentation.h"
#include "evax/metrics/findings/probabilities.h"

namespace evax::tasks {
namespace {

struct Answer {
  std::vector<double> probabilities;
  std::vector<bool> calls;
};

Answer answer_of(std::span<const float> logits, const weights::Metadata& metadata) {
  Answer answer;
  if (metadata.task == weights::Task::segmentation) {
    answer.probabilities = metrics::probabilities_of(logits, logits.size(), false);
    const auto thresholds = inference::mask_thresholds(metadata);
    const size_t pixels = logits.size() / thresholds.size();
    for (size_t i = 0; i < logits.size(); ++i)
      answer.calls.push_back(answer.probabilities[i] > thresholds[i / pixels]);
    return answer;
  }
  for (const inference::Finding& finding : inference::findings_of(logits, metadata)) {
    answer.probabilities.push_back(finding.probability);
    answer.calls.push_back(finding.positive);
  }
  return answer;
}

}  // namespace

void Agreement::add(std::span<const float> reference, std::span<const float> logits) {
  const Answer expected = answer_of(reference, metadata_);
  const Answer found = answer_of(logits, metadata_);
  const size_t each = logits.size() / metadata_.classes.size();
  for (size_t i = 0; i < logits.size(); ++i) {
    const double difference = std::fabs(found.probabilities[i] - expected.probabilities[i]);
    if (difference > largest_) worst_class_ = i / each;
    largest_ = std::max(largest_, difference);
    sum_ += difference;
    changed_ += found.calls[i] != expected.calls[i];
  }
  values_ += static_cast<int64_t>(logits.size());
  ++images_;
}

std::string Agreement::sentence() const {
  const bool masks = metadata_.task == weights::Task::segmentation;
  return fmt::format(
      "{} images: probabilities differ by {:.4f} at most ({}), {:.5f} on average; {} of {} {} "
      "changed",
      images_, largest_, metadata_.classes[worst_class_],
      values_ == 0 ? 0 : sum_ / static_cast<double>(values_), changed_, values_,
      masks ? "pixels" : "calls");
}

}  // namespace evax::tasks
