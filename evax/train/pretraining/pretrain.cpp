#include "evax/train/pretraining/pretrain.h"

#include <ATen/ATen.h>

#include <memory>
#include <optional>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/data/augment/augment.h"
#include "evax/train/checkpoint/weights_hash.h"
#include "evax/train/loop/device.h"
#include "evax/train/loop/loading.h"
#include "evax/train/pretraining/initial_student.h"
#include "evax/train/pretraining/masked_image_modelling.h"
#include "evax/train/pretraining/masked_pictures.h"
#include "evax/train/pretraining/pixel_teacher.h"
#include "evax/train/recipe/protocol.h"
#include "evax/train/recipe/provenance.h"
#include "evax/train/run/header.h"
#include "evax/train/run/unreadable.h"
#include "evax/train/tasks/probe.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

/// What a model file calls the teacher that its lm_head answers to.
std::string teacher_id(const TeacherRecipe& teacher) {
  return teacher.target == "pixels" ? teacher.target : weights_sha256(teacher.model);
}

std::unique_ptr<Teacher> make_teacher(const Recipe& recipe, const at::Device& device,
                                      Precision precision) {
  const weights::ModelConfig student = model_config(recipe.model, 0);
  if (recipe.teacher.target == "pixels") return std::make_unique<PixelTeacher>(student);
  return Teacher::make(recipe.teacher, student, recipe.preprocess, device, precision);
}

/// The data, student and teacher of one run.
class Pretraining : public Task {
 public:
  Pretraining(const Recipe& recipe, std::string folder, Distributed& distributed)
      : recipe_(recipe),
        folder_(std::move(folder)),
        distributed_(distributed),
        splits_(data::load_splits(recipe.data, false, recipe.run.seed)),
        device_(choose_device(recipe.run.device, distributed)),
        precision_(choose_precision(recipe.run.precision, device_)),
        teacher_(make_teacher(recipe, device_, precision_)),
        teacher_notes_(teacher_->notes()),
        teacher_id_(teacher_id(recipe.teacher)),
        initial_(make_initial_student(recipe, teacher_->width(), teacher_id_)),
        modelling_(initial_.model, std::move(teacher_), recipe, device_, precision_),
        loader_(splits_.train,
                data::make_pretrain_transform(recipe.augment, recipe.preprocess,
                                              modelling_.teacher().view_size()),
                training_options(recipe, splits_, modelling_.row_shape(), distributed)) {
    for (const data::Dataset* list : {&splits_.train, &splits_.val}) check_files(*list);
    if (!recipe.probe.data.kind.empty())
      probe_ = std::make_unique<Probe>(recipe.probe, recipe.preprocess, recipe.optim.batch_size,
                                       distributed);
  }

  Learner& learner() override { return modelling_; }
  data::Loader& loader() override { return loader_; }

  std::vector<std::string> header(int64_t steps) const override {
    return train::header(recipe_, splits_, initial_, teacher_notes_, distributed_.ranks(), steps,
                         name_of(precision_));
  }

  Json protocol() const override {
    Json known = train::protocol(recipe_, splits_, EVAX_VERSION);
    known["teacher"] = {{"id", teacher_id_}, {"notes", teacher_notes_}};
    if (probe_) known["probe"] = probe_->lists();
    return known;
  }

  void before_first_step(Trainer& trainer) override;
  void after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) override;
  void finish(Trainer& trainer) override;
  std::string try_batch(const data::Batch& batch) override;

 private:
  bool has_validation() const { return !splits_.val.samples.empty(); }

  /// {"val_mim_loss": ..., "probe/...": ...} of the weights as they are. Equal on all ranks.
  Json evaluate(bool probe) {
    Json figures = Json::object();
    if (has_validation()) figures["val_mim_loss"] = validation_loss();
    if (probe && probe_)
      figures.update(
          probe_->measure([this](const data::Batch& batch) { return modelling_.features(batch); }));
    return figures;
  }

  /// Input, mask and cosine per patch of a few images, for TensorBoard.
  void log_pictures(RunLog& log, int64_t step) {
    const data::Dataset& list = has_validation() ? splits_.val : splits_.train;
    try {
      log.picture(step, "masked", masked_pictures(modelling_, list, recipe_.preprocess));
    } catch (const Error& error) {
      warn(fmt::format("no pictures: {}", error.what()));
    }
  }

  void write_model(const std::string& metrics, uint32_t epochs) {
    if (!distributed_.first()) return;
    weights::ModelFile file;
    file.metadata.model = modelling_.student().config();
    file.metadata.task = weights::Task::pretrain;
    file.metadata.preprocess = recipe_.preprocess;
    file.metadata.provenance = provenance(recipe_, initial_.sha256, metrics);
    file.metadata.provenance["teacher"] = teacher_id_;
    file.metadata.provenance["epochs"] = fmt::format("{}", epochs);
    file.tensors = nn::parameters_of(modelling_.student());
    weights::save_model(folder_ + "/last.safetensors", file);
  }

  double validation_loss() {
    data::Loader loader(
        splits_.val,
        data::evaluation_transform(recipe_.preprocess, modelling_.teacher().view_size()),
        scoring_options(recipe_.optim.batch_size, recipe_.data.workers, modelling_.row_shape(),
                        distributed_));
    loader.start(0);
    at::Tensor totals = at::zeros({2}, at::kDouble);
    data::Batch batch;
    while (loader.next(batch)) {
      for (const auto& [sample, reason] : batch.unreadable) warn("left out: " + reason);
      const LossSum loss = modelling_.validation_loss(batch);
      totals[0] += loss.sum.cpu();
      totals[1] += loss.count.cpu();
    }
    distributed_.sum(totals);
    if (totals[1].item<double>() == 0)
      fail("{}: expected readable images, found none", splits_.val.source);
    return (totals[0] / totals[1]).item<double>();
  }

  const Recipe& recipe_;
  std::string folder_;
  Distributed& distributed_;
  data::Splits splits_;
  at::Device device_;
  Precision precision_;
  std::unique_ptr<Teacher> teacher_;  // until modelling_ has it
  std::vector<std::string> teacher_notes_;
  std::string teacher_id_;
  InitialStudent initial_;
  MaskedImageModelling modelling_;
  data::Loader loader_;
  std::unique_ptr<Probe> probe_;   // null: off
  Json figures_ = Json::object();  // of the last evaluation
};

std::string sentence_of(const Json& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items())
    if (value.is_number())
      text += fmt::format("{}{} {:.4f}", text.empty() ? "" : ", ", name, value.get<double>());
  return text.empty() ? "no validation list" : text;
}

void log_figures(Trainer& trainer, const Json& figures, int64_t step, Json line) {
  if (trainer.log() == nullptr || figures.empty()) return;
  line.update(figures);
  trainer.log()->write(step, line);
}

void Pretraining::before_first_step(Trainer& trainer) {
  figures_ = evaluate(true);
  log_figures(trainer, figures_, 0, Json::object());
  if (distributed_.first()) note("before the first step: " + sentence_of(figures_));
}

void Pretraining::after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) {
  const bool last = step == trainer.steps();
  const auto due = [&](int every) {
    return last || (epoch + 1) % static_cast<uint32_t>(every) == 0;
  };
  if (!due(recipe_.run.eval_every) && !due(recipe_.probe.every)) return;
  trainer.with_averaged_weights([&] {
    figures_ = evaluate(due(recipe_.probe.every));
    log_figures(trainer, figures_, step, {{"epoch", epoch}});
    if (distributed_.first()) note(fmt::format("epoch {}: {}", epoch + 1, sentence_of(figures_)));
    if (trainer.log() != nullptr) log_pictures(*trainer.log(), step);
    write_model(sentence_of(figures_), epoch + 1);
  });
}

void Pretraining::finish(Trainer& trainer) {
  // Killed after the last checkpoint and before metrics.json.
  if (figures_.empty()) figures_ = evaluate(true);
  if (!distributed_.first()) return;
  if (trainer.log() != nullptr) trainer.log()->flush();
  Json metrics{{"task", recipe_.task},
               {"set", "validation"},
               {"protocol", recipe_.run.protocol},
               {"epochs", trainer.epochs()},
               {"steps", trainer.steps()}};
  metrics.update(figures_);
  write_file(folder_ + "/" + metrics_file, json_text(metrics, 2) + "\n");
  note(fmt::format("{}: {}", folder_, sentence_of(figures_)));
}

std::string Pretraining::try_batch(const data::Batch& batch) {
  const at::NoGradGuard no_grad;
  const LossSum loss = modelling_.loss(batch, {recipe_.run.seed, 0, 0});
  return fmt::format("{} images, {} hidden patches, loss {:.4f}", batch.samples.size(),
                     loss.count.item<double>(), (loss.sum / loss.count).item<double>());
}

}  // namespace

std::unique_ptr<Task> make_pretraining(const Recipe& recipe, const std::string& folder,
                                       Distributed& distributed) {
  return std::make_unique<Pretraining>(recipe, folder, distributed);
}

}  // namespace evax::train
