#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/data/segmentation/masked_image.h"
#include "evax/evaluation/describe.h"
#include "evax/evaluation/segmentation/examples.h"
#include "evax/evaluation/segmentation/judge.h"
#include "evax/report/segmentation/page.h"
#include "evax/report/segmentation/predictions_file.h"

namespace evax::evaluation {
namespace {

using Json = nlohmann::ordered_json;

// The pixels of one class of a mask, 0 and 1.
image::Image class_of(const data::Mask& mask, size_t class_index) {
  image::Image only = mask;
  for (uint8_t& value : only.pixels) value = value == class_index + 1 ? 1 : 0;
  return only;
}

std::string picture_of(const SegmentationJudgement& judgement, size_t image, size_t class_index,
                       const inference::SegmentationNetwork& network) {
  const data::Dataset& images = *judgement.subject.images;
  const data::MaskedImage pair =
      data::read_masked_image(images, images.samples[judgement.list.samples[image]]);
  const Tensor probabilities =
      inference::segment(pair.image, data::Transform(judgement.subject.model->preprocess), network);
  const size_t pixels = pair.mask.pixels.size();
  image::Image marked = pair.mask;
  marked.pixels = metrics::mark(probabilities.floats().subspan(class_index * pixels, pixels),
                                judgement.rules.thresholds[class_index]);
  return mask_thumbnail(pair.image, marked, class_of(pair.mask, class_index));
}

std::vector<report::MaskExample> examples_of(const SegmentationJudgement& judgement,
                                             const inference::SegmentationNetwork& network) {
  const metrics::Segmentations& all = judgement.segmentations;
  std::vector<report::MaskExample> examples;
  for (size_t c = 0; c < all.classes.size(); ++c)
    for (const RankedImage& ranked : example_images(all, c))
      examples.push_back({all.classes[c], ranked.rank, all.paths[ranked.image],
                          dice(all.images[ranked.image].counts[c + 1]),
                          picture_of(judgement, ranked.image, c, network)});
  return examples;
}

std::vector<std::vector<double>> dices_of(const metrics::Segmentations& all) {
  std::vector<std::vector<double>> dices(all.classes.size());
  for (const metrics::ImageFigures& image : all.images)
    for (size_t c = 0; c < dices.size(); ++c)
      if (const auto value = dice(image.counts[c + 1])) dices[c].push_back(*value);
  return dices;
}

std::vector<report::ProtocolSection> protocol_of(const SegmentationJudgement& judgement) {
  auto sections = model_sections(judgement.subject, judgement.list.images.size(),
                                 judgement.list.unreadable.size());
  sections.push_back(
      {"Method",
       {selection_line(judgement.subject),
        {"thresholds", mask_threshold_line(judgement.rules)},
        {"intervals", interval_line(judgement.rules, judgement.evaluation.by_patient)},
        {"figures", "at the X-rays' own size; Dice and Jaccard as mmsegmentation's"}}});
  return sections;
}

}  // namespace

void write_folder(const std::string& folder, const SegmentationJudgement& judgement,
                  const inference::SegmentationNetwork& network, const Json& more,
                  std::vector<report::TrainingCurves> training) {
  const Json metrics = metrics_of(judgement, more);
  const std::string name = metrics.at("data").at("name");

  report::SegmentationPage page;
  page.title = fmt::format("{} on {}", judgement.subject.model->model.variant, name);
  page.model = model_line(judgement.subject);
  page.data = name + ", set " + judgement.subject.set;
  page.selected_on_test = judgement.subject.selected_on_test;
  page.training = std::move(training);
  page.protocol = protocol_of(judgement);
  page.evaluation = judgement.evaluation;
  page.dices = dices_of(judgement.segmentations);
  page.examples = examples_of(judgement, network);

  // Of an earlier evaluation: metrics.json is there again when all the rest is.
  const std::string unreadable = folder + "/unreadable_" + judgement.subject.set + ".csv";
  for (const std::string& path : {folder + "/metrics.json", unreadable})
    std::filesystem::remove(path);
  write_file(folder + "/predictions.csv", report::predictions_csv(judgement.segmentations));
  if (!judgement.list.unreadable.empty()) write_unreadable(unreadable, judgement.list.unreadable);
  write_file(folder + "/report.html", report::segmentation_page(page));
  write_file(folder + "/metrics.json", json_text(metrics, 2) + "\n");
}

}  // namespace evax::evaluation
