#include "evax/tasks/findings/evaluate.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <numeric>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/data/warnings.h"
#include "evax/evaluation/folder.h"
#include "evax/metrics/findings/subgroups.h"
#include "evax/report/findings/predictions_file.h"
#include "evax/tasks/explain/explain_samples.h"
#include "evax/tasks/findings/evaluation_table.h"
#include "evax/tasks/findings/score.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/masks/evaluate_masks.h"
#include "evax/tasks/output.h"
#include "evax/weights/convert/presets.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using weights::Metadata;
using weights::ModelFile;

/// The lists, read for the model's classes. A model whose classes nobody has named takes the
/// list's.
class Lists {
 public:
  Lists(const EvaluateOptions& options, Metadata& model) : config_(read_source(options.data)) {
    const bool unnamed = model.classes == weights::placeholder_classes(model.classes.size());
    if (!unnamed && config_.classes.empty()) config_.classes = model.classes;
    if (config_.test.empty() && !config_.split)
      fail("{}: expected data.test, the list that is scored, or data.split, found neither",
           options.data.recipe);
    splits_ = data::load_splits(config_, options.paper, options.seed);
    for (const std::string& line : splits_.notes) note("data: " + line);
    if (splits_.test.samples.empty())
      fail("{}: expected images to score, found none in the test list", options.data.recipe);
    if (unnamed && splits_.test.classes.size() == model.classes.size())
      model.classes = splits_.test.classes;
    for (const data::Dataset* list : {&splits_.val, &splits_.test}) check(*list, model, options);
  }

  const data::Dataset& test() const { return splits_.test; }
  /// Null where there is none.
  const data::Dataset* validation() const {
    return splits_.val.samples.empty() ? nullptr : &splits_.val;
  }
  const data::DataConfig& config() const { return config_; }

 private:
  static void check(const data::Dataset& list, const Metadata& model,
                    const EvaluateOptions& options) {
    if (list.samples.empty()) return;
    list.warnings->expect(model.preprocess);
    if (list.classes != model.classes)
      fail("{}: expected the classes of {}, {}, found {}", list.source, options.model,
           fmt::join(model.classes, ", "), fmt::join(list.classes, ", "));
    if (list.task != model.task)
      fail("{}: expected a {} list for {}, found a {} one", list.source, name_of(model.task),
           options.model, name_of(list.task));
  }

  data::DataConfig config_;
  data::Splits splits_;
};

void require_classifier(const ModelFile& file, const std::string& path) {
  if (file.metadata.model.num_classes == 0)
    fail("{}: evaluate needs a classifier, found an encoder without a head", path);
}

/// What the list alone can spoil is said before the network runs: columns that are not there, names
/// that predictions.csv cannot hold.
void check_columns(const data::Dataset& test, const std::vector<std::string>& subgroups) {
  evaluation::Scored all;
  all.samples.resize(test.size());
  std::iota(all.samples.begin(), all.samples.end(), 0U);
  all.logits.resize(test.size() * test.classes.size());
  const metrics::Predictions rows = evaluation::predictions_of(test, all, {}, "");
  for (const std::string& column : subgroups) metrics::subgroups(rows, column);
  report::predictions_csv(rows);
}

/// What the validation list settles, else what the model file holds.
void set_thresholds(const Metadata& model, const data::Dataset* validation,
                    const evaluation::Scored& scored, const metrics::ThresholdRule& rule,
                    evaluation::Rules& rules) {
  const bool argmax = model.task == weights::Task::multiclass && model.classes.size() > 2;
  rules.threshold_rule = argmax ? "argmax" : name_of(rule);
  if (argmax) return;
  if (validation != nullptr) {
    const evaluation::Calibration chosen =
        evaluation::choose_thresholds(*validation, scored, model.temperature.value_or(1), rule);
    rules.thresholds = chosen.thresholds;
    rules.thresholds_chosen_on = fmt::format("validation ({} images)", scored.samples.size());
    for (const std::string& line : chosen.notes) note("thresholds: " + line);
  } else {
    rules.thresholds = model.thresholds;
    rules.threshold_rule = model.thresholds.empty() ? "0.5" : "as stored";
    rules.thresholds_chosen_on = model.thresholds.empty() ? "" : "the model file";
  }
}

void save_calibrated(const EvaluateOptions& options, ModelFile file,
                     const data::Dataset& validation, const evaluation::Scored& scored,
                     const evaluation::Judgement& judgement) {
  Metadata& metadata = file.metadata;
  const double temperature = evaluation::fit_temperature(validation, scored);
  metadata.temperature = temperature;
  metadata.thresholds =
      evaluation::choose_thresholds(validation, scored, temperature, options.rule).thresholds;
  metadata.provenance["metrics"] = "test: " + evaluation::sentence_of(judgement.evaluation) +
                                   "; thresholds (" + name_of(options.rule) +
                                   ") and temperature from " +
                                   fmt::format("{} validation images", scored.samples.size());
  if (options.dtype) weights::convert(file, *options.dtype);
  if (temperature == 1) note("temperature: none fits the validation list, 1 is kept");
  weights::save_model(options.calibrated, file);
  note(fmt::format("{}: temperature {:.3f}, thresholds {:.3f}", options.calibrated, temperature,
                   fmt::join(metadata.thresholds, ", ")));
}

}  // namespace

void evaluate(const EvaluateOptions& options) {
  ModelFile file = load_model(options.model);
  if (file.metadata.task == weights::Task::segmentation) return evaluate_masks(options, file);
  require_classifier(file, options.model);
  const Lists lists(options, file.metadata);
  if (!options.calibrated.empty() && lists.validation() == nullptr)
    fail("--calibrated: expected a validation list (data.val) to fit on, found none");
  check_columns(lists.test(), options.subgroups);
  const ResultFolder folder(options.folder);
  folder.check_writable({"metrics.json", "predictions.csv", "report.html", "explain.html"});
  if (!options.calibrated.empty()) check_writable(options.calibrated);

  const size_t threads = threads_of(options.threads);
  auto runner = options.make_runner(file, {options.precision, threads});
  evaluation::Scored validation;
  if (lists.validation() != nullptr)
    validation = score(*runner, file.metadata, *lists.validation(), threads);
  const evaluation::Scored scored = score(*runner, file.metadata, lists.test(), threads);

  evaluation::Subject subject;
  subject.model_name = fs::path(options.model).filename().string();
  subject.model_sha256 = sha256(MappedFile::open(options.model)->bytes());
  subject.model = &file.metadata;
  subject.images = &lists.test();
  subject.kind = lists.config().kind;
  subject.folder = lists.config().images;
  subject.selected_on_test = options.paper;
  evaluation::Rules rules;
  rules.sigmoid = options.paper;
  rules.options.draws = options.draws;
  rules.options.seed = options.seed;
  rules.options.threads = threads;
  rules.options.subgroups = options.subgroups;
  set_thresholds(file.metadata, lists.validation(), validation, options.rule, rules);

  const evaluation::Judgement judgement = evaluation::judge(subject, scored, rules);
  runner.reset();  // explaining takes a network of its own
  if (!options.folder.empty())
    evaluation::write_folder(options.folder, judgement, {}, {},
                             explain_samples(options, file, judgement));
  if (!options.calibrated.empty())
    save_calibrated(options, file, *lists.validation(), validation, judgement);
  Output output("");
  output.write(options.json ? json_text(evaluation::metrics_of(judgement), 2) + "\n"
                            : evaluation_table(judgement));
  output.commit();
}

}  // namespace evax::tasks
