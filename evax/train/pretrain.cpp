#include "evax/train/pretrain.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/data/augment/augment.h"
#include "evax/train/device.h"
#include "evax/train/header.h"
#include "evax/train/initial_student.h"
#include "evax/train/loading.h"
#include "evax/train/masked_image_modelling.h"
#include "evax/train/masked_pictures.h"
#include "evax/train/pixel_teacher.h"
#include "evax/train/probe.h"
#include "evax/train/protocol.h"
#include "evax/train/provenance.h"
#include "evax/train/trainer.h"
#include "evax/train/unreadable.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

/// What a model file calls the teacher that its lm_head answers to.
std::string teacher_id(const TeacherRecipe& teacher) {
  if (teacher.target == "pixels") return teacher.target;
  const bool folder = std::filesystem::is_directory(teacher.model);  // of Hugging Face
  const std::string weights = folder ? teacher.model + "/model.safetensors" : teacher.model;
  return sha256(MappedFile::open(weights)->bytes());
}

std::unique_ptr<Teacher> make_teacher(const Recipe& recipe, const at::Device& device,
                                      Precision precision) {
  const weights::ModelConfig student = model_config(recipe.model, 0);
  if (recipe.teacher.target == "pixels") return std::make_unique<PixelTeacher>(student);
  return Teacher::make(recipe.teacher, student, recipe.preprocess, device, precision);
}

/// The data, student, teacher and loop of one run.
class Pretraining {
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

  MaskedImageModelling& modelling() { return modelling_; }
  data::Loader& loader() { return loader_; }
  bool has_validation() const { return !splits_.val.samples.empty(); }

  void show_header(int64_t steps) const {
    if (!distributed_.first()) return;
    for (const std::string& line : header(recipe_, splits_, initial_, teacher_notes_,
                                          distributed_.ranks(), steps, name_of(precision_)))
      note(line);
  }

  void write_protocol() const {
    if (!distributed_.first()) return;
    Json known = protocol(recipe_, splits_, EVAX_VERSION);
    known["teacher"] = {{"id", teacher_id_}, {"notes", teacher_notes_}};
    write_file(folder_ + "/protocol.json", known.dump(2) + "\n");
  }

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

 private:
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
  std::unique_ptr<Probe> probe_;  // null: off
};

std::string sentence_of(const Json& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items())
    if (value.is_number())
      text += fmt::format("{}{} {:.4f}", text.empty() ? "" : ", ", name, value.get<double>());
  return text.empty() ? "no validation list" : text;
}

int64_t epochs_of(const Trainer& trainer) {
  return (trainer.steps() + trainer.steps_per_epoch() - 1) / trainer.steps_per_epoch();
}

void log_figures(Trainer& trainer, const Json& figures, int64_t step, Json line) {
  if (trainer.log() == nullptr || figures.empty()) return;
  line.update(figures);
  trainer.log()->write(step, line);
}

}  // namespace

bool pretrain(const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed) {
  Pretraining run(recipe, folder, distributed);
  Trainer trainer(recipe, run.modelling(), run.loader(), distributed, folder);
  // Not before all else has proved right: a mistake must not leave a folder behind.
  if (distributed.first()) prepare_run_folder(folder, recipe, resume);
  distributed.barrier();
  const bool resumed = resume.wanted && trainer.resume(resume.force);
  run.show_header(trainer.steps());
  if (resumed && distributed.first())
    note(fmt::format("going on from step {} of {}", trainer.step(), trainer.steps()));
  run.write_protocol();

  Json figures = Json::object();
  if (!resumed) {
    figures = run.evaluate(true);
    log_figures(trainer, figures, 0, Json::object());
    if (distributed.first()) note("before the first step: " + sentence_of(figures));
  }
  const auto after_epoch = [&](uint32_t epoch, int64_t step) {
    const bool last = step == trainer.steps();
    const auto due = [&](int every) {
      return last || (epoch + 1) % static_cast<uint32_t>(every) == 0;
    };
    if (!due(recipe.run.eval_every) && !due(recipe.probe.every)) return;
    trainer.with_averaged_weights([&] {
      figures = run.evaluate(due(recipe.probe.every));
      log_figures(trainer, figures, step, {{"epoch", epoch}});
      if (distributed.first()) note(fmt::format("epoch {}: {}", epoch + 1, sentence_of(figures)));
      if (trainer.log() != nullptr) run.log_pictures(*trainer.log(), step);
      run.write_model(sentence_of(figures), epoch + 1);
    });
  };
  if (!trainer.run(after_epoch)) {
    if (distributed.first()) note(folder + ": saved; --resume auto goes on from here");
    return false;
  }
  // Killed after the last checkpoint and before metrics.json.
  if (figures.empty() && resumed) figures = run.evaluate(true);
  if (!distributed.first()) return true;
  if (trainer.log() != nullptr) trainer.log()->flush();
  Json metrics{{"task", recipe.task},
               {"set", "validation"},
               {"protocol", recipe.run.protocol},
               {"epochs", epochs_of(trainer)},
               {"steps", trainer.steps()}};
  metrics.update(figures);
  write_file(folder + "/" + metrics_file, metrics.dump(2) + "\n");
  note(fmt::format("{}: {}", folder, sentence_of(figures)));
  return true;
}

void pretrain_dry_run(const Recipe& recipe, Distributed& distributed) {
  Pretraining run(recipe, "", distributed);
  run.show_header(0);
  data::Batch batch;
  run.loader().start(0);
  if (!run.loader().next(batch))
    fail("the training set: expected at least one batch of {} images, found fewer",
         recipe.optim.batch_size);
  const at::NoGradGuard no_grad;
  const LossSum loss = run.modelling().loss(batch, {recipe.run.seed, 0, 0});
  if (!distributed.first()) return;
  note(fmt::format("one batch: {} images, {} hidden patches, loss {:.4f}: all is ready",
                   batch.samples.size(), loss.count.item<double>(),
                   (loss.sum / loss.count).item<double>()));
}

}  // namespace evax::train
