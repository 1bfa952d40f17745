#include "evax/evaluation/segmentation/judge.h"

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/data/fingerprint.h"
#include "evax/data/segmentation/masked_image.h"
#include "evax/evaluation/describe.h"
#include "evax/metrics/segmentation/threshold_search.h"
#include "evax/report/segmentation/metrics_json.h"

namespace evax::evaluation {
namespace {

using Visit = std::function<void(uint32_t sample, const data::MaskedImage&, const Tensor&)>;
using Unreadable = std::vector<std::pair<std::string, std::string>>;

// Calls `visit` with the probabilities of every sample that can be read.
Unreadable visit_list(const data::Dataset& dataset, std::span<const uint32_t> samples,
                      const weights::Preprocess& preprocess,
                      const inference::SegmentationNetwork& network, const Visit& visit) {
  const data::Transform transform(preprocess);
  Unreadable unreadable;
  for (const uint32_t index : samples) {
    const data::Sample& sample = dataset.samples[index];
    data::MaskedImage pair;
    Tensor probabilities;
    const std::string error = attempt(sample.path, [&] {
      pair = data::read_masked_image(dataset, sample);
      probabilities = inference::segment(pair.image, transform, network);
    });
    if (!error.empty()) {
      warn("left out: " + error);
      unreadable.emplace_back(sample.path, error);
      continue;
    }
    visit(index, pair, probabilities);
  }
  return unreadable;
}

metrics::Segmentations segmentations_of(const Subject& subject, const SegmentedList& list,
                                        const Rules& rules) {
  metrics::Segmentations segmentations;
  segmentations.classes = subject.images->classes;
  segmentations.thresholds = rules.thresholds;
  segmentations.images = list.images;
  segmentations.distance_unit = list.distance_unit;
  for (const uint32_t index : list.samples) {
    const data::Sample& sample = subject.images->samples[index];
    segmentations.paths.push_back(data::path_below(subject.folder, sample.path));
    segmentations.patients.push_back(sample.patient);
  }
  return segmentations;
}

}  // namespace

SegmentedList segment_list(const data::Dataset& dataset, std::span<const uint32_t> samples,
                           const weights::Preprocess& preprocess,
                           const inference::SegmentationNetwork& network,
                           std::span<const double> thresholds) {
  SegmentedList list;
  std::vector<metrics::ImageFigures> in_mm;
  list.unreadable = visit_list(
      dataset, samples, preprocess, network,
      [&](uint32_t sample, const data::MaskedImage& pair, const Tensor& probabilities) {
        const auto judged = [&](const metrics::PixelSize& size) {
          return metrics::judge_image(probabilities.floats(), pair.mask.pixels,
                                      static_cast<size_t>(pair.mask.height),
                                      static_cast<size_t>(pair.mask.width), thresholds, size);
        };
        list.samples.push_back(sample);
        list.images.push_back(judged({}));
        if (pair.pixel_spacing)
          in_mm.push_back(judged({(*pair.pixel_spacing)[0], (*pair.pixel_spacing)[1]}));
      });
  if (!in_mm.empty() && in_mm.size() == list.images.size()) {
    list.images = std::move(in_mm);
    list.distance_unit = "mm";
  }
  return list;
}

std::vector<double> choose_mask_thresholds(const data::Dataset& validation,
                                           const weights::Preprocess& preprocess,
                                           const inference::SegmentationNetwork& network) {
  std::vector<uint32_t> all(validation.size());
  for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<metrics::ThresholdSearch> searches(validation.classes.size());
  const Unreadable unreadable =
      visit_list(validation, all, preprocess, network,
                 [&](uint32_t, const data::MaskedImage& pair, const Tensor& probabilities) {
                   const size_t pixels = pair.mask.pixels.size();
                   for (size_t c = 0; c < searches.size(); ++c)
                     searches[c].add(probabilities.floats().subspan(c * pixels, pixels),
                                     pair.mask.pixels, static_cast<uint8_t>(c + 1));
                 });
  check_readable(validation, unreadable);
  std::vector<double> thresholds;
  for (const auto& search : searches) thresholds.push_back(search.best().value_or(0.5));
  return thresholds;
}

SegmentationJudgement judge(const Subject& subject, SegmentedList list, const Rules& rules) {
  check_readable(*subject.images, list.unreadable);
  SegmentationJudgement judgement{subject, rules, std::move(list), {}, {}};
  judgement.segmentations = segmentations_of(subject, judgement.list, rules);
  judgement.evaluation = metrics::evaluate(
      judgement.segmentations,
      {.draws = rules.options.draws, .seed = rules.options.seed, .threads = rules.options.threads});
  return judgement;
}

nlohmann::ordered_json metrics_of(const SegmentationJudgement& judgement,
                                  const nlohmann::ordered_json& more) {
  nlohmann::ordered_json head =
      head_of(judgement.subject, judgement.rules, judgement.list.unreadable.size(),
              judgement.evaluation.by_patient);
  for (const auto& item : more.items()) head[item.key()] = item.value();
  return report::metrics_json(judgement.evaluation, std::move(head));
}

std::string sentence_of(const metrics::SegmentationEvaluation& evaluation) {
  std::string text = text_of("Dice", evaluation.figures.dice) +
                     text_of("Jaccard", evaluation.figures.jaccard) +
                     text_of("Dice per image", evaluation.figures.dice_per_image) +
                     fmt::format("{} images", evaluation.images);
  if (evaluation.patients > 0) text += fmt::format(" of {} patients", evaluation.patients);
  return text;
}

}  // namespace evax::evaluation
