#include "evax/train/tasks/classify.h"

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/data/augment/augment.h"
#include "evax/nn/layers/batch_norm.h"
#include "evax/train/loop/device.h"
#include "evax/train/loop/loading.h"
#include "evax/train/loop/scores.h"
#include "evax/train/recipe/protocol.h"
#include "evax/train/recipe/provenance.h"
#include "evax/train/run/final_report.h"
#include "evax/train/run/header.h"
#include "evax/train/run/unreadable.h"
#include "evax/train/tasks/initial_model.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

bool is_paper(const Recipe& recipe) { return recipe.run.protocol == "paper"; }

data::Splits labelled_splits(const Recipe& recipe) {
  data::Splits splits = data::load_splits(recipe.data, is_paper(recipe), recipe.run.seed);
  if (splits.train.classes.empty())
    fail("{}: expected a list with classes to train a classifier on, found one without labels",
         splits.train.source);
  if (splits.train.task == weights::Task::multiclass && splits.train.classes.size() == 1)
    fail("{}: expected at least two classes to train a classifier on, found {} alone",
         splits.train.source, splits.train.classes[0]);
  return splits;
}

/// The data and the network of one run.
class Classification : public Task {
 public:
  Classification(const Recipe& recipe, std::string folder, Distributed& distributed)
      : recipe_(recipe),
        folder_(std::move(folder)),
        distributed_(distributed),
        splits_(labelled_splits(recipe)),
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

  Learner& learner() override { return classifier_; }
  data::Loader& loader() override { return loader_; }

  std::vector<std::string> header(int64_t steps) const override {
    return train::header(recipe_, splits_, initial_, distributed_.ranks(), steps,
                         name_of(classifier_.precision()));
  }

  Json protocol() const override { return train::protocol(recipe_, splits_, EVAX_VERSION); }

  void after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) override;
  void finish(Trainer& trainer) override;

  std::string try_batch(const data::Batch& batch) override {
    return fmt::format("images {}, logits {}", to_string(batch.images.shape()),
                       to_string(classifier_.logits(batch).sizes().vec()));
  }

 private:
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

void Classification::after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) {
  if ((epoch + 1) % static_cast<uint32_t>(recipe_.run.eval_every) != 0 && step < trainer.steps())
    return;
  const std::string set = selection_name();
  trainer.with_averaged_weights([&] {
    const Scores scores = score(selection_set());
    log_scores(trainer, set, step, epoch, scores);
    if (distributed_.first())
      note(fmt::format("epoch {}: {}: {}", epoch + 1, set, scores.sentence()));
    if (improves(trainer.task_state(), scores, epoch))
      write_model("best.safetensors", set + ": " + scores.sentence());
  });
}

void Classification::finish(Trainer& trainer) {
  trainer.with_averaged_weights([&] { write_model("last.safetensors", "last epoch"); });
  distributed_.barrier();  // rank 0 has written best.safetensors
  nn::load(classifier_.model(), weights::load_model(folder_ + "/best.safetensors"));
  std::optional<Scores> validation, test;
  if (!splits_.val.samples.empty()) validation = score(splits_.val);
  if (!splits_.test.samples.empty()) test = score(splits_.test);
  if (!distributed_.first()) return;
  FinalScores scores;
  scores.best_model = folder_ + "/best.safetensors";
  scores.validation = validation ? &*validation : nullptr;
  scores.judged = test ? &*test : &*validation;
  scores.judged_on = test ? &splits_.test : &splits_.val;
  scores.set = test ? "test" : "validation";
  scores.selected_on = selection_name();
  scores.selected = trainer.task_state();
  if (trainer.log() != nullptr) trainer.log()->flush();
  const std::string sentence = write_final_report(recipe_, folder_, splits_, scores);
  note(fmt::format("{} (weights of epoch {}): {}", scores.set,
                   scores.selected.at("best_epoch").get<uint32_t>() + 1, sentence));
  note(fmt::format("report: {}/report.html", folder_));
}

}  // namespace

std::unique_ptr<Task> make_classification(const Recipe& recipe, const std::string& folder,
                                          Distributed& distributed) {
  return std::make_unique<Classification>(recipe, folder, distributed);
}

}  // namespace evax::train
