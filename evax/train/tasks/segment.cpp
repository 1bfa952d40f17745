#include "evax/train/tasks/segment.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <map>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/augment/segment.h"
#include "evax/data/segmentation/masked_image.h"
#include "evax/evaluation/segmentation/judge.h"
#include "evax/nn/layers/batch_norm.h"
#include "evax/train/loop/device.h"
#include "evax/train/loop/loading.h"
#include "evax/train/recipe/protocol.h"
#include "evax/train/recipe/provenance.h"
#include "evax/train/run/header.h"
#include "evax/train/run/training_curves.h"
#include "evax/train/run/unreadable.h"
#include "evax/train/tasks/initial_model.h"
#include "evax/train/tasks/segmenter.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;
using evaluation::SegmentationJudgement;
using evaluation::SegmentedList;

constexpr size_t counts_of_class = 3;

/// A row of numbers for every image, so that ranks can exchange them: its sample, the counts of
/// background and classes, the distances (NaN: undefined).
at::Tensor to_rows(const SegmentedList& list, size_t classes) {
  const auto width = static_cast<int64_t>(1 + counts_of_class * (classes + 1) + classes);
  std::vector<double> values;
  for (size_t i = 0; i < list.samples.size(); ++i) {
    values.push_back(list.samples[i]);
    for (const metrics::PixelCounts& count : list.images[i].counts)
      for (const int64_t pixels : {count.intersection, count.prediction, count.label})
        values.push_back(static_cast<double>(pixels));
    for (const auto& distance : list.images[i].hd95)
      values.push_back(distance.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return at::tensor(values, at::kDouble).view({-1, width});
}

metrics::ImageFigures figures_of(const double* row, size_t classes) {
  metrics::ImageFigures figures;
  const auto next = [&row] { return static_cast<int64_t>(*row++); };
  for (size_t c = 0; c <= classes; ++c) {
    metrics::PixelCounts counts;
    counts.intersection = next();
    counts.prediction = next();
    counts.label = next();
    figures.counts.push_back(counts);
  }
  for (size_t c = 0; c < classes; ++c, ++row)
    figures.hd95.push_back(std::isnan(*row) ? std::nullopt : std::optional(*row));
  return figures;
}

/// The images of all ranks in the list's order.
SegmentedList gather(const SegmentedList& own, const data::Dataset& dataset,
                     Distributed& distributed) {
  if (distributed.ranks() == 1) return own;
  const size_t classes = dataset.classes.size();
  const at::Tensor rows = distributed.gather_rows(to_rows(own, classes));
  std::vector<const double*> of_sample(dataset.size(), nullptr);
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const double* row = rows.const_data_ptr<double>() + i * rows.size(1);
    of_sample[static_cast<size_t>(*row)] = row + 1;
  }
  std::map<std::string, std::string> reasons(own.unreadable.begin(), own.unreadable.end());
  SegmentedList list;
  for (uint32_t i = 0; i < dataset.size(); ++i) {
    const std::string& path = dataset.samples[i].path;
    if (of_sample[i] == nullptr) {
      const auto reason = reasons.find(path);
      list.unreadable.emplace_back(
          path, reason == reasons.end() ? "another process could not read it" : reason->second);
      continue;
    }
    list.samples.push_back(i);
    list.images.push_back(figures_of(of_sample[i], classes));
  }
  return list;
}

/// The data and the network of one run.
class Segmentation : public Task {
 public:
  Segmentation(const Recipe& recipe, std::string folder, Distributed& distributed)
      : recipe_(recipe),
        folder_(std::move(folder)),
        distributed_(distributed),
        splits_(load_masked_splits(recipe)),
        initial_(make_initial_model(recipe, splits_.train.classes)),
        segmenter_(
            initial_.model, recipe, choose_device(recipe.run.device, distributed),
            choose_precision(recipe.run.precision, choose_device(recipe.run.device, distributed))),
        loader_(
            splits_.train, data::make_segment_transform(recipe.augment, recipe.preprocess),
            training_options(recipe, splits_, {3, recipe.model.image_size, recipe.model.image_size},
                             distributed)) {
    for (const data::Dataset* list : {&splits_.train, &splits_.val, &splits_.test})
      if (!list->samples.empty()) check_has_target(*list);
    if (distributed.ranks() > 1)
      nn::synchronise_batch_norms(*initial_.model,
                                  [&distributed](at::Tensor& values) { distributed.sum(values); });
    if (selection_set().samples.empty())
      fail("{}: expected images to select the best epoch on, found none", selection_name());
  }

  Learner& learner() override { return segmenter_; }
  data::Loader& loader() override { return loader_; }

  std::vector<std::string> header(int64_t steps) const override {
    return segmentation_header(recipe_, splits_, initial_, distributed_.ranks(), steps,
                               name_of(segmenter_.precision()));
  }

  Json protocol() const override { return train::protocol(recipe_, splits_, EVAX_VERSION); }

  void after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) override;
  void finish(Trainer& trainer) override;

  std::string try_batch(const data::Batch& batch) override {
    return fmt::format("images {}, masks {}, logits {}", to_string(batch.images.shape()),
                       to_string(batch.masks.shape()),
                       to_string(segmenter_.logits(batch.images).shape()));
  }

 private:
  static data::Splits load_masked_splits(const Recipe& recipe) {
    data::Splits splits =
        data::load_splits(recipe.data, recipe.run.protocol == "paper", recipe.run.seed);
    if (splits.train.task != weights::Task::segmentation)
      fail("{}: expected a column mask for task = \"segment\", found none", splits.train.source);
    for (const data::Dataset* list : {&splits.train, &splits.val, &splits.test}) check_files(*list);
    return splits;
  }

  bool is_paper() const { return recipe_.run.protocol == "paper"; }
  const data::Dataset& selection_set() const { return is_paper() ? splits_.test : splits_.val; }
  std::string selection_name() const { return is_paper() ? "test" : "validation"; }

  inference::SegmentationNetwork network() {
    return [this](const Tensor& images) { return segmenter_.logits(images); };
  }

  /// decoder.threshold, or where that is 0 those of the largest Dice on the list (on every rank).
  std::vector<double> thresholds_on(const data::Dataset& dataset) {
    if (recipe_.decoder.threshold == 0)
      return evaluation::choose_mask_thresholds(dataset, recipe_.preprocess, network());
    return std::vector<double>(splits_.train.classes.size(), recipe_.decoder.threshold);
  }

  /// Of the weights as they are, over the ranks; equal on all.
  SegmentedList segment(const data::Dataset& dataset, const std::vector<double>& thresholds) {
    std::vector<uint32_t> own;
    for (auto i = static_cast<uint32_t>(distributed_.rank()); i < dataset.size();
         i += static_cast<uint32_t>(distributed_.ranks()))
      own.push_back(i);
    return gather(evaluation::segment_list(dataset, own, recipe_.preprocess, network(), thresholds),
                  dataset, distributed_);
  }

  evaluation::Subject subject(const data::Dataset& dataset, const std::string& set,
                              const weights::Metadata& model) const {
    evaluation::Subject subject;
    subject.model_name = "best.safetensors";
    subject.model = &model;
    subject.images = &dataset;
    subject.kind = recipe_.data.kind;
    subject.folder = recipe_.data.images;
    subject.set = set;
    subject.selected_on_test = is_paper();
    return subject;
  }

  weights::ModelFile model_file(const std::string& metrics, const std::vector<double>& thresholds) {
    weights::ModelFile file;
    file.metadata.model = segmenter_.model().config();
    file.metadata.task = weights::Task::segmentation;
    file.metadata.classes = splits_.train.classes;
    file.metadata.preprocess = recipe_.preprocess;
    file.metadata.thresholds = thresholds;
    file.metadata.provenance = provenance(recipe_, initial_.sha256, metrics);
    file.tensors = nn::parameters_of(segmenter_.model());
    return file;
  }

  const Recipe& recipe_;
  std::string folder_;
  Distributed& distributed_;
  data::Splits splits_;
  InitialModel initial_;
  Segmenter segmenter_;
  data::Loader loader_;
};

void Segmentation::after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) {
  if ((epoch + 1) % static_cast<uint32_t>(recipe_.run.eval_every) != 0 && step < trainer.steps())
    return;
  const std::string set = selection_name();
  trainer.with_averaged_weights([&] {
    evaluation::Rules rules;
    rules.thresholds = thresholds_on(selection_set());
    rules.options.draws = 0;
    const weights::Metadata unused;
    const SegmentationJudgement judgement = evaluation::judge(
        subject(selection_set(), set, unused), segment(selection_set(), rules.thresholds), rules);
    const metrics::SegmentationFigures& figures = judgement.evaluation.figures;
    const std::string sentence = evaluation::sentence_of(judgement.evaluation);
    if (trainer.log() != nullptr)
      trainer.log()->write(step, {{"epoch", epoch},
                                  {set + "/dice", figures.dice.value.value_or(0)},
                                  {set + "/jaccard", figures.jaccard.value.value_or(0)}});
    if (distributed_.first()) note(fmt::format("epoch {}: {}: {}", epoch + 1, set, sentence));
    const double score = figures.dice.value.value_or(0);
    Json& state = trainer.task_state();
    if (state.contains("score") && score <= state["score"].get<double>()) return;
    state = {{"score", score}, {"best_epoch", epoch}, {"figures", sentence}};
    if (distributed_.first())
      weights::save_model(folder_ + "/best.safetensors",
                          model_file(set + ": " + sentence, rules.thresholds));
  });
}

void Segmentation::finish(Trainer& trainer) {
  if (distributed_.first())
    trainer.with_averaged_weights([&] {
      weights::save_model(folder_ + "/last.safetensors",
                          model_file("last epoch", thresholds_on(selection_set())));
    });
  distributed_.barrier();  // rank 0 has written best.safetensors
  const std::string best = folder_ + "/best.safetensors";
  weights::ModelFile file = weights::load_model(best);
  nn::load(segmenter_.model(), file);

  evaluation::Rules rules;
  rules.thresholds = file.metadata.thresholds;  // of the epoch's evaluation
  rules.threshold_rule = "fixed";
  rules.options.threads = available_threads();
  if (recipe_.decoder.threshold == 0) {
    rules.threshold_rule = "dice";
    rules.thresholds_chosen_on =
        fmt::format("{} ({} images)", selection_name(), selection_set().size());
  }
  const bool test = !splits_.test.samples.empty();
  const data::Dataset& judged_on = test ? splits_.test : splits_.val;
  const std::string set = test ? "test" : "validation";
  SegmentationJudgement judgement = evaluation::judge(subject(judged_on, set, file.metadata),
                                                      segment(judged_on, rules.thresholds), rules);
  if (!distributed_.first()) return;

  const Json& selected = trainer.task_state();
  const std::string sentence = evaluation::sentence_of(judgement.evaluation);
  file.metadata.thresholds = rules.thresholds;
  file.metadata.provenance["metrics"] = fmt::format(
      "{}: {}; {}: {}", selection_name(), selected.at("figures").get<std::string>(), set, sentence);
  weights::save_model(best, file);
  judgement.subject.model_sha256 = sha256(MappedFile::open(best)->bytes());
  if (trainer.log() != nullptr) trainer.log()->flush();
  evaluation::write_folder(
      folder_, judgement, network(),
      {{"selected_on", selection_name()}, {"selected", nlohmann::json(selected)}},
      training_curves(folder_, selection_name(), selected.at("best_epoch"),
                      {{"dice", "Dice"}, {"jaccard", "Jaccard"}}));
  note(fmt::format("{} (weights of epoch {}): {}", set, selected.at("best_epoch").get<int>() + 1,
                   sentence));
  note(fmt::format("report: {}/report.html", folder_));
}

}  // namespace

std::unique_ptr<Task> make_segmentation(const Recipe& recipe, const std::string& folder,
                                        Distributed& distributed) {
  return std::make_unique<Segmentation>(recipe, folder, distributed);
}

}  // namespace evax::train
