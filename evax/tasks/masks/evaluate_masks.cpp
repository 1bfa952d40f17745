#include "evax/tasks/masks/evaluate_masks.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <numeric>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/segmentation/masked_image.h"
#include "evax/data/warnings.h"
#include "evax/evaluation/describe.h"
#include "evax/evaluation/segmentation/judge.h"
#include "evax/inference/segmentation.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using evaluation::SegmentationJudgement;

void check_options(const EvaluateOptions& options) {
  if (!options.subgroups.empty())
    throw UsageError("--subgroups: expected a classifier, found a segmentation model");
  if (!options.calibrated.empty())
    throw UsageError("--calibrated: expected a classifier, found a segmentation model");
}

void check_list(const data::Dataset& list, const weights::Metadata& model,
                const std::string& path) {
  list.warnings->expect(model.preprocess);
  if (list.task != weights::Task::segmentation)
    fail("{}: expected a column mask for the segmentation model {}, found none", list.source, path);
  if (list.classes != model.classes)
    fail("{}: expected the classes of {}, {}, found {}", list.source, path,
         fmt::join(model.classes, ", "), fmt::join(list.classes, ", "));
}

data::Splits read_lists(const EvaluateOptions& options, data::DataConfig& config,
                        const weights::Metadata& model) {
  if (config.classes.empty()) config.classes = model.classes;
  if (config.test.empty() && !config.split)
    fail("{}: expected data.test, the list that is scored, or data.split, found neither",
         options.data.recipe);
  data::Splits splits = data::load_splits(config, options.paper, options.seed);
  for (const std::string& line : splits.notes) note("data: " + line);
  if (splits.test.samples.empty())
    fail("{}: expected images to score, found none in the test list", options.data.recipe);
  for (const data::Dataset* list : {&splits.val, &splits.test})
    if (!list->samples.empty()) check_list(*list, model, options.model);
  check_has_target(splits.test);
  return splits;
}

std::string interval_of(const metrics::Figure& figure, int decimals) {
  if (!figure.value) return "-";
  if (!figure.interval) return fmt::format("{:.{}f}", *figure.value, decimals);
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", *figure.value, decimals, figure.interval->low,
                     decimals, figure.interval->high, decimals);
}

std::string table_of(const SegmentationJudgement& judgement) {
  const metrics::SegmentationEvaluation& all = judgement.evaluation;
  std::string text = fmt::format("{} images", all.images);
  if (all.patients > 0) text += fmt::format(" of {} patients", all.patients);
  text += fmt::format("; Dice and Jaccard over all pixels; HD95 in {}; 95 % intervals\n\n",
                      all.distance_unit);
  constexpr const char* row = "{:<20}{:<22}{:<22}{:<22}{:<20}{:>9}\n";
  text += fmt::format(row, "class", "Dice", "Jaccard", "Dice per image", "HD95", "threshold");
  for (const metrics::SegmentationClass& c : all.classes)
    text += fmt::format(row, c.name, interval_of(c.figures.dice, 3),
                        interval_of(c.figures.jaccard, 3), interval_of(c.figures.dice_per_image, 3),
                        interval_of(c.figures.hd95, 1), fmt::format("{:.2f}", c.threshold));
  text += "\nthresholds: " + evaluation::mask_threshold_line(judgement.rules) + "\n";
  for (const std::string& line : all.notes) text += "note: " + line + "\n";
  return text;
}

}  // namespace

void evaluate_masks(const EvaluateOptions& options, const weights::ModelFile& file) {
  check_options(options);
  data::DataConfig config = read_source(options.data);
  const data::Splits splits = read_lists(options, config, file.metadata);
  const ResultFolder folder(options.folder);
  folder.check_writable({"metrics.json", "predictions.csv", "report.html"});
  const size_t threads = options.threads == 0 ? available_threads() : options.threads;
  const auto network =
      inference::segmentation_network(file, options.make_runner, options.precision, threads);
  const weights::Preprocess& preprocess = file.metadata.preprocess;

  evaluation::Subject subject;
  subject.model_name = fs::path(options.model).filename().string();
  subject.model_sha256 = sha256(MappedFile::open(options.model)->bytes());
  subject.model = &file.metadata;
  subject.images = &splits.test;
  subject.kind = config.kind;
  subject.folder = config.images;
  subject.selected_on_test = options.paper;
  evaluation::Rules rules;
  rules.options.draws = options.draws;
  rules.options.seed = options.seed;
  rules.options.threads = threads;
  rules.thresholds = inference::mask_thresholds(file.metadata);
  rules.threshold_rule = file.metadata.thresholds.empty() ? "0.3" : "as stored";
  rules.thresholds_chosen_on = file.metadata.thresholds.empty() ? "" : "the model file";
  if (!splits.val.samples.empty()) {
    rules.thresholds = evaluation::choose_mask_thresholds(splits.val, preprocess, network);
    rules.threshold_rule = "dice";
    rules.thresholds_chosen_on = fmt::format("validation ({} images)", splits.val.size());
  }
  std::vector<uint32_t> all(splits.test.size());
  std::iota(all.begin(), all.end(), 0U);
  const SegmentationJudgement judgement = evaluation::judge(
      subject, evaluation::segment_list(splits.test, all, preprocess, network, rules.thresholds),
      rules);
  if (!options.folder.empty()) evaluation::write_folder(options.folder, judgement, network);
  Output output("");
  output.write(options.json ? json_text(evaluation::metrics_of(judgement), 2) + "\n"
                            : table_of(judgement));
  output.commit();
}

}  // namespace evax::tasks
