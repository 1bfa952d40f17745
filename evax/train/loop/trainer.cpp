#include "evax/train/loop/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/data/augment/augment.h"
#include "evax/train/checkpoint/checkpoint.h"
#include "evax/train/loop/loading.h"
#include "evax/train/loop/step_times.h"
#include "evax/train/optim/ema.h"
#include "evax/train/optim/grad_scaler.h"
#include "evax/train/optim/schedule.h"
#include "evax/train/run/unreadable.h"

namespace evax::train {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr int most_non_finite = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What all ranks together know after a step.
struct StepTotals {
  double loss = 0;   // mean over all terms that count
  double count = 0;  // terms that count
  bool stop = false;
};

NamedParameters with_prefix(const std::string& prefix, const NamedParameters& tensors) {
  NamedParameters named;
  for (const auto& [name, tensor] : tensors) named.emplace_back(prefix + name, tensor);
  return named;
}

}  // namespace

struct Trainer::State {
  const Recipe& recipe;
  const OptimRecipe& optim;
  Learner& learner;
  data::Loader& loader;
  Distributed& distributed;
  std::string folder;

  NamedParameters parameters;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Ema> ema;  // null: off
  GradScaler scaler;
  std::unique_ptr<RunLog> run_log;   // rank 0 only
  RunLog::Sizes log_sizes;           // at the checkpoint
  std::optional<Progress> progress;  // of the epoch, rank 0 only
  UnreadableImages unreadable;

  int64_t step = 0;
  uint32_t epoch = 0;
  int64_t epoch_step = 0;  // updates done of this epoch
  int non_finite = 0;      // in a row
  bool stopping = false;
  Json task_state = Json::object();
  int64_t steps_per_epoch = 0;
  int64_t steps = 0;

  StepTimes times;   // of the epoch
  StepTimes logged;  // of it, up to the last line of the log
  double epoch_loss = 0;
  int64_t epoch_losses = 0;
  Clock::time_point last_checkpoint = Clock::now();

  State(const Recipe& recipe_, Learner& learner_, data::Loader& loader_, Distributed& distributed_,
        std::string folder_);

  int64_t images_per_step() const {
    return int64_t{optim.batch_size} * optim.accumulate * distributed.ranks();
  }
  Checkpoint checkpoint();
  void save();
  void restore(const Json& saved, bool force);
  void mix(data::Batch& batch, int micro) const;
  StepTotals accumulate_gradients(std::vector<uint32_t>& samples);
  bool update(const StepTotals& totals, double& norm);
  void record_non_finite(const StepTotals& totals, double norm,
                         const std::vector<uint32_t>& samples);
  void train_step();
  RunLog* log();
  void write_log(double loss, double lr, double norm);
  bool checkpoint_due() const;
  bool run_epoch();
};

Trainer::State::State(const Recipe& recipe_, Learner& learner_, data::Loader& loader_,
                      Distributed& distributed_, std::string folder_)
    : recipe(recipe_),
      optim(recipe_.optim),
      learner(learner_),
      loader(loader_),
      distributed(distributed_),
      folder(std::move(folder_)),
      parameters(learner_.parameters()),
      optimizer(Optimizer::make(recipe_.optim, parameters, learner_.groups())),
      scaler(recipe_.run.precision == "fp16"),
      unreadable(loader_.dataset(), folder, distributed_.rank()) {
  if (optim.ema > 0) {
    NamedParameters averaged = parameters;
    for (const auto& named : learner.buffers()) averaged.push_back(named);
    ema = std::make_unique<Ema>(std::move(averaged), optim.ema);
  }
  steps_per_epoch = train::steps_per_epoch(optim, loader, distributed);
  steps =
      optim.steps > 0
          ? optim.steps
          : static_cast<int64_t>(std::llround(optim.epochs * static_cast<double>(steps_per_epoch)));
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : parameters) tensors.push_back(tensor);
  if (distributed.ranks() > 1) {
    const at::NoGradGuard no_grad;
    for (at::Tensor tensor : tensors) distributed.broadcast(tensor);
    distributed.reduce_gradients_of(tensors);
  }
}

Checkpoint Trainer::State::checkpoint() {
  Checkpoint saved;
  saved.tensors = with_prefix("model.", parameters);
  for (auto& named : with_prefix("model.", learner.buffers())) saved.tensors.push_back(named);
  for (auto& named : with_prefix("optimizer.", optimizer->state())) saved.tensors.push_back(named);
  if (ema)
    for (auto& named : with_prefix("ema.", ema->state())) saved.tensors.push_back(named);
  saved.state = {{"step", step},
                 {"epoch", epoch},
                 {"images_of_epoch", epoch_step * images_per_step()},
                 {"images_per_step", images_per_step()},
                 {"optimizer_steps", optimizer->steps_done()},
                 {"scaler", scaler.state()},
                 {"non_finite_in_a_row", non_finite},
                 {"epoch_loss", epoch_loss},
                 {"epoch_losses", epoch_losses},
                 {"log", {{"lines", log_sizes.lines}, {"events", log_sizes.events}}},
                 {"task", task_state}};
  return saved;
}

void Trainer::State::save() {
  if (distributed.first()) {
    log_sizes = log()->flush();
    save_checkpoint(folder, step, checkpoint());
  }
  last_checkpoint = Clock::now();
}

void Trainer::State::restore(const Json& saved, bool force) {
  const int64_t images = saved.at("images_per_step");
  if (images != images_per_step() && !force)
    fail(
        "{}: expected steps of {} images as before, found {} (optim.batch_size x accumulate x "
        "processes; --force continues with it)",
        folder, images, images_per_step());
  step = saved.at("step").get<int64_t>() * images / images_per_step();
  epoch = saved.at("epoch");
  epoch_step = saved.at("images_of_epoch").get<int64_t>() / images_per_step();
  optimizer->set_steps_done(saved.at("optimizer_steps"));
  scaler.set_state(saved.at("scaler"));
  non_finite = saved.at("non_finite_in_a_row");
  epoch_loss = saved.at("epoch_loss");
  epoch_losses = saved.at("epoch_losses");
  log_sizes = {saved.at("log").at("lines"), saved.at("log").at("events")};
  task_state = saved.at("task");
}

// Mixup and cutmix join rows of one micro-batch, so their draws belong to it.
void Trainer::State::mix(data::Batch& batch, int micro) const {
  if (recipe.augment.mixup <= 0 && recipe.augment.cutmix <= 0) return;
  const int64_t number =
      (epoch_step * optim.accumulate + micro) * distributed.ranks() + distributed.rank();
  data::mix_batch(recipe.augment, {recipe.run.seed, epoch, static_cast<uint32_t>(number)}, batch);
}

// Forward and backward of the micro-steps of one update. Every micro-batch is divided by the count
// of a full step before backward, so that half precision does not overflow; what did not count is
// made good in update().
StepTotals Trainer::State::accumulate_gradients(std::vector<uint32_t>& samples) {
  const bool local_mean = optim.loss_mean == "local";
  const double parts = optim.accumulate * distributed.ranks();
  const double full = learner.full_count(optim.batch_size) * parts;
  zero_gradients(parameters);
  at::Tensor loss;
  at::Tensor count;
  data::Batch batch;
  for (int micro = 0; micro < optim.accumulate; ++micro) {
    if (!loader.next(batch)) throw std::logic_error("the loader ended before its epoch");
    times.data += batch.waited;
    unreadable.add(batch.unreadable);
    mix(batch, micro);
    samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    distributed.prepare(micro + 1 == optim.accumulate);

    auto start = Clock::now();
    const LossSum part = learner.loss(batch, {recipe.run.seed, epoch, 0});
    at::Tensor scaled = part.sum * (scaler.scale() / full);
    if (local_mean) scaled = part.sum / part.count.clamp_min(1) * (scaler.scale() / parts);
    times.teacher += part.target_seconds;
    times.forward += seconds_since(start) - part.target_seconds;

    start = Clock::now();
    scaled.backward();
    const at::Tensor sum = part.sum.detach().to(at::kDouble);
    const at::Tensor term = local_mean ? sum / part.count.clamp_min(1) / parts : sum;
    loss = loss.defined() ? loss + term : term;
    count = count.defined() ? count + part.count : part.count;
    times.backward += seconds_since(start);
  }
  at::Tensor totals = at::stack({loss, count, at::full_like(loss, stop_requested() ? 1.0 : 0.0)});
  distributed.sum(totals);
  totals = totals.cpu();
  const double* values = totals.const_data_ptr<double>();
  StepTotals result{values[0], values[1], values[2] > 0};
  double factor = 1 / scaler.scale();
  if (!local_mean) {
    if (result.count > 0) {
      result.loss /= result.count;
      factor *= full / result.count;
    }
  }
  if (factor != 1) scale_gradients(parameters, factor);
  return result;
}

// One update of the weights; false when the gradients are not finite and nothing was changed.
bool Trainer::State::update(const StepTotals& totals, double& norm) {
  const at::Tensor length = gradient_norm(parameters);
  norm = length.item<double>();
  const bool finite = std::isfinite(totals.loss) && std::isfinite(norm);
  if (finite && totals.count > 0) {
    if (optim.clip_grad > 0) clip_gradients(parameters, length, optim.clip_grad);
    optimizer->step(learning_rate(optim, step, steps_per_epoch, steps));
    if (ema) ema->update();
  }
  return finite;
}

void Trainer::State::record_non_finite(const StepTotals& totals, double norm,
                                       const std::vector<uint32_t>& samples) {
  const std::string name = fmt::format("{}/non_finite/step_{:08}", folder, step);
  make_folder(folder + "/non_finite");
  Json paths = Json::array();
  for (const uint32_t sample : samples) paths.push_back(loader.dataset().samples.at(sample).path);
  const Json record{{"step", step},
                    {"epoch", epoch},
                    {"seed", recipe.run.seed},
                    {"loss", fmt::format("{}", totals.loss)},
                    {"grad_norm", fmt::format("{}", norm)},
                    {"loss_scale", scaler.scale()},
                    {"samples", samples},
                    {"paths", paths}};
  write_file(fmt::format("{}_rank{}.json", name, distributed.rank()), json_text(record, 2) + "\n");
  if (distributed.first()) save_checkpoint(name, step, checkpoint());
  warn(fmt::format("step {}: loss {}, gradient norm {}: skipped (batch and weights in {})", step,
                   totals.loss, norm, name));
  if (++non_finite >= most_non_finite)
    fail(
        "{}: {} steps in a row without a finite loss and gradient, the last with loss {}; try a "
        "lower optim.lr or optim.clip_grad",
        name, non_finite, totals.loss);
}

RunLog* Trainer::State::log() {
  if (distributed.first() && !run_log) run_log = std::make_unique<RunLog>(folder, log_sizes);
  return run_log.get();
}

void Trainer::State::write_log(double loss, double lr, double norm) {
  if (log() == nullptr) return;
  const StepTimes recent = times.since(logged);
  run_log->write(step, {{"epoch", epoch},
                        {"train/loss", loss},
                        {"lr", lr},
                        {"grad_norm", norm},
                        {"images_per_second", recent.images_per_second()},
                        {"seconds/data", recent.data},
                        {"seconds/teacher", recent.teacher},
                        {"seconds/forward", recent.forward},
                        {"seconds/backward", recent.backward},
                        {"seconds/optimizer", recent.optimizer}});
  logged = times;
}

void Trainer::State::train_step() {
  const double lr = learning_rate(optim, step, steps_per_epoch, steps);
  std::vector<uint32_t> samples;
  const StepTotals totals = accumulate_gradients(samples);
  const auto start = Clock::now();
  double norm = 0;
  const bool finite = update(totals, norm);
  times.optimizer += seconds_since(start);
  times.images += images_per_step();

  const bool overflow = !finite && scaler.enabled() && std::isfinite(totals.loss);
  scaler.update(finite);
  if (finite) {
    non_finite = 0;
    epoch_loss += totals.loss;
    ++epoch_losses;
  } else if (!overflow) {
    record_non_finite(totals, norm, samples);
  }
  ++step;
  ++epoch_step;
  if (progress)
    progress->advance(images_per_step(), fmt::format("loss {:.4f}, lr {:.2e}", totals.loss, lr));
  // About twenty lines an epoch: enough for a curve, and the same ones whatever the machine's
  // speed.
  const int64_t interval = std::max<int64_t>(1, steps_per_epoch / 20);
  if (epoch_step % interval == 0) write_log(totals.loss, lr, norm);
  if (totals.stop) stopping = true;
}

bool Trainer::State::checkpoint_due() const {
  const RunRecipe& run = recipe.run;
  if (run.checkpoint_steps > 0 && step % run.checkpoint_steps == 0) return true;
  return run.checkpoint_minutes > 0 && seconds_since(last_checkpoint) > run.checkpoint_minutes * 60;
}

// False when a signal asked to stop.
bool Trainer::State::run_epoch() {
  loader.start(epoch, static_cast<size_t>(epoch_step) * optim.accumulate);
  while (epoch_step < steps_per_epoch && step < steps) {
    train_step();
    if (stopping) return false;
    if (checkpoint_due()) save();
  }
  return true;
}

Trainer::Trainer(const Recipe& recipe, Learner& learner, data::Loader& loader,
                 Distributed& distributed, std::string folder)
    : state_(std::make_unique<State>(recipe, learner, loader, distributed, std::move(folder))) {}

Trainer::~Trainer() = default;

int64_t Trainer::step() const { return state_->step; }
int64_t Trainer::steps() const { return state_->steps; }
int64_t Trainer::epochs() const {
  return steps() == 0 ? 0 : (steps() + state_->steps_per_epoch - 1) / state_->steps_per_epoch;
}

bool Trainer::resume(bool force) {
  Checkpoint saved = state_->checkpoint();
  const bool found = load_newest_checkpoint(state_->folder, saved);
  if (found) state_->restore(saved.state, force);
  return found;
}

bool Trainer::run(const AfterEpoch& after_epoch) {
  State& s = *state_;
  // A checkpoint may be of the last step of an epoch, killed before that epoch was judged.
  while (s.step < s.steps || s.epoch_step > 0) {
    if (s.distributed.first())
      s.progress.emplace(
          fmt::format("epoch {}/{}", s.epoch + 1, epochs()),
          static_cast<size_t>((s.steps_per_epoch - s.epoch_step) * s.images_per_step()),
          s.recipe.run.log_seconds);
    const bool whole = s.run_epoch();
    s.progress.reset();
    if (!whole) {
      s.save();
      return false;
    }
    const double mean_loss = s.epoch_losses > 0 ? s.epoch_loss / s.epoch_losses : 0;
    if (s.log() != nullptr) {
      s.log()->write(s.step, {{"epoch", s.epoch}, {"train/epoch_loss", mean_loss}});
      note(fmt::format("epoch {}: loss {:.4f}, {}", s.epoch + 1, mean_loss, s.times.sentence()));
    }
    after_epoch(s.epoch, s.step);
    ++s.epoch;
    s.epoch_step = 0;
    s.epoch_loss = 0;
    s.epoch_losses = 0;
    s.times = s.logged = {};
    s.save();
  }
  return true;
}

void Trainer::with_averaged_weights(const std::function<void()>& use) {
  if (!state_->ema) return use();
  state_->ema->swap();
  try {
    use();
  } catch (...) {
    state_->ema->swap();
    throw;
  }
  state_->ema->swap();
}

Json& Trainer::task_state() { return state_->task_state; }
RunLog* Trainer::log() { return state_->log(); }

}  // namespace evax::train
