#include "evax/train/classify.h"

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/data/augment/augment.h"
#include "evax/nn/layers/batch_norm.h"
#include "evax/train/device.h"
#include "evax/train/final_report.h"
#include "evax/train/header.h"
#include "evax/train/initial_model.h"
#include "evax/train/loading.h"
#include "evax/train/protocol.h"
#include "evax/train/provenance.h"
#include "evax/train/scores.h"
#include "evax/train/trainer.h"
#include "evax/train/unreadable.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

bool is_paper(const Recipe& recipe) { return recipe.run.protocol == "paper"; }

/// The data, the network and the loop of one run.
class Classification {
 public:
  Classification(const Recipe& recipe, std::string folder, Distributed& distributed)
      : recipe_(recipe),
        folder_(std::move(folder)),
        distributed_(distributed),
        splits_(data::load_splits(recipe.data, is_paper(recipe), recipe.run.seed)),
        initial_(make_initial_model(recipe, splits_.train.classes)),
        classifier_(
            initial_.model, recipe, splits_.train.task,
            choose_device(recipe.run.device, distributed),
            choose_precision(recipe.run.precision, choose_device(recipe.run.device, distributed))),
        loader_(splits_.train, data::make_train_transform(recipe.augment, recipe.preprocess),
                training_options(recipe, splits_, row_shape(recipe), distributed)) {
    for (const data::Dataset* list : {&splits_.train, &splits_.val, &splits_.test})
      check_files(*list);
    if (distributed.ranks() > 1)
      nn::synchronise_batch_norms(*initial_.model,
                                  [&distributed](at::Tensor& values) { distributed.sum(values); });
    if (selection_set().samples.empty())
      fail("{}: expected images to select the best epoch on, found none", selection_name());
  }

  Classifier& classifier() { return classifier_; }
  data::Loader& loader() { return loader_; }
  const data::Splits& splits() const { return splits_; }
  const InitialModel& initial() const { return initial_; }

  const data::Dataset& selection_set() const {
    return is_paper(recipe_) ? splits_.test : splits_.val;
  }
  std::string selection_name() const { return is_paper(recipe_) ? "test" : "validation"; }

  Scores score(const data::Dataset& dataset) {
    ScoreOptions options;
    options.image_size = recipe_.model.image_size;
    options.batch_size = recipe_.optim.batch_size;
    options.workers = recipe_.data.workers;
    options.sigmoid = is_paper(recipe_);
    return train::score(classifier_, dataset, data::evaluation_transform(recipe_.preprocess),
                        options, distributed_);
  }

  void show_header(int64_t steps) const {
    if (!distributed_.first()) return;
    for (const std::string& line : header(recipe_, splits_, initial_, distributed_.ranks(), steps,
                                          name_of(classifier_.precision())))
      note(line);
  }

  void write_protocol() const {
    if (!distributed_.first()) return;
    write_file(folder_ + "/protocol.json", protocol(recipe_, splits_, EVAX_VERSION).dump(2) + "\n");
  }

  /// The weights as they are now, as a model file.
  void write_model(const std::string& name, const std::string& metrics) {
    if (!distributed_.first()) return;
    weights::ModelFile file;
    file.metadata.model = classifier_.model().config();
    file.metadata.task = splits_.train.task;
    file.metadata.classes = splits_.train.classes;
    file.metadata.preprocess = recipe_.preprocess;
    file.metadata.provenance = provenance(recipe_, initial_.sha256, metrics);
    file.tensors = nn::parameters_of(classifier_.model());
    weights::save_model(folder_ + "/" + name, file);
  }

  void read_model(const std::string& name) {
    nn::load(classifier_.model(), weights::load_model(folder_ + "/" + name));
  }

 private:
  static Shape row_shape(const Recipe& recipe) {
    return {3, recipe.model.image_size, recipe.model.image_size};
  }

  const Recipe& recipe_;
  std::string folder_;
  Distributed& distributed_;
  data::Splits splits_;
  InitialModel initial_;
  Classifier classifier_;
  data::Loader loader_;
};

// Keeps the best epoch so far in the checkpoint; false when an earlier one is as good.
bool improves(Json& state, const Scores& scores, uint32_t epoch) {
  if (state.contains("score") && scores.selection() <= state["score"].get<double>()) return false;
  state = {{"score", scores.selection()}, {"best_epoch", epoch}, {"figures", scores.sentence()}};
  return true;
}

void log_scores(Trainer& trainer, const std::string& set, int64_t step, uint32_t epoch,
                const Scores& scores) {
  if (trainer.log() == nullptr) return;
  const auto value = [](const metrics::Figure& figure) {
    return figure.value ? Json(*figure.value) : Json();
  };
  trainer.log()->write(step, {{"epoch", epoch},
                              {set + "/mean_auc", value(scores.figures.mean_auc)},
                              {set + "/accuracy", value(scores.figures.accuracy)},
                              {set + "/label_accuracy", value(scores.figures.label_accuracy)},
                              {set + "/loss", scores.loss}});
}

}  // namespace

bool classify(const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed) {
  Classification run(recipe, folder, distributed);
  Trainer trainer(recipe, run.classifier(), run.loader(), distributed, folder);
  // Not before all else has proved right: a mistake must not leave a folder behind.
  if (distributed.first()) prepare_run_folder(folder, recipe, resume);
  distributed.barrier();
  const bool resumed = resume.wanted && trainer.resume(resume.force);
  run.show_header(trainer.steps());
  if (resumed && distributed.first())
    note(fmt::format("going on from step {} of {}", trainer.step(), trainer.steps()));
  run.write_protocol();

  const std::string set = run.selection_name();
  const auto after_epoch = [&](uint32_t epoch, int64_t step) {
    if ((epoch + 1) % static_cast<uint32_t>(recipe.run.eval_every) != 0 && step < trainer.steps())
      return;
    trainer.with_averaged_weights([&] {
      const Scores scores = run.score(run.selection_set());
      log_scores(trainer, set, step, epoch, scores);
      if (distributed.first())
        note(fmt::format("epoch {}: {}: {}", epoch + 1, set, scores.sentence()));
      if (improves(trainer.task_state(), scores, epoch))
        run.write_model("best.safetensors", set + ": " + scores.sentence());
    });
  };
  if (!trainer.run(after_epoch)) {
    if (distributed.first()) note(folder + ": saved; --resume auto goes on from here");
    return false;
  }

  trainer.with_averaged_weights([&] { run.write_model("last.safetensors", "last epoch"); });
  distributed.barrier();  // rank 0 has written best.safetensors
  run.read_model("best.safetensors");
  const data::Splits& splits = run.splits();
  std::optional<Scores> validation, test;
  if (!splits.val.samples.empty()) validation = run.score(splits.val);
  if (!splits.test.samples.empty()) test = run.score(splits.test);
  if (!distributed.first()) return true;
  FinalScores scores;
  scores.best_model = folder + "/best.safetensors";
  scores.validation = validation ? &*validation : nullptr;
  scores.judged = test ? &*test : &*validation;
  scores.judged_on = test ? &splits.test : &splits.val;
  scores.set = test ? "test" : "validation";
  scores.selected_on = set;
  scores.selected = trainer.task_state();
  if (trainer.log() != nullptr) trainer.log()->flush();
  const std::string sentence = write_final_report(recipe, folder, splits, scores);
  note(fmt::format("{} (weights of epoch {}): {}", scores.set,
                   scores.selected.at("best_epoch").get<uint32_t>() + 1, sentence));
  note(fmt::format("report: {}/report.html", folder));
  return true;
}

void classify_dry_run(const Recipe& recipe, Distributed& distributed) {
  Classification run(recipe, "", distributed);
  run.show_header(0);
  data::Batch batch;
  run.loader().start(0);
  if (!run.loader().next(batch))
    fail("the training set: expected at least one batch of {} images, found {}",
         recipe.optim.batch_size, run.splits().train.size());
  const at::Tensor logits = run.classifier().logits(batch);
  if (!distributed.first()) return;
  note(fmt::format("one batch: images {}, logits {}: all is ready", to_string(batch.images.shape()),
                   to_string(logits.sizes().vec())));
}

}  // namespace evax::train
