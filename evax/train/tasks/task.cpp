#include "evax/train/tasks/task.h"

#include <ATen/Functions.h>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/train/loop/loading.h"

namespace evax::train {
namespace {

void show_header(const Task& task, int64_t steps, const Distributed& distributed) {
  if (!distributed.first()) return;
  for (const std::string& line : task.header(steps)) note(line);
}

// prepare_run_folder() by the first process; all learn whether the run is finished.
bool prepared(const Task& task, const Recipe& recipe, const std::string& folder,
              const Resume& resume, Distributed& distributed) {
  at::Tensor finished = at::zeros({1}, at::kLong);
  if (distributed.first() && prepare_run_folder(folder, recipe, task.protocol(), resume))
    finished.fill_(1);
  distributed.broadcast(finished);
  return finished.item<int64_t>() != 0;
}

}  // namespace

bool run_task(Task& task, const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed) {
  Trainer trainer(recipe, task.learner(), task.loader(), distributed, folder);
  // Not before all else has proved right: a mistake must not leave a folder behind.
  if (prepared(task, recipe, folder, resume, distributed)) {
    if (distributed.first()) note(folder + ": this run is finished");
    return true;
  }
  const bool resumed = resume.wanted && trainer.resume(resume.force);
  show_header(task, trainer.steps(), distributed);
  if (resumed && distributed.first())
    note(fmt::format("continuing from step {} of {}", trainer.step(), trainer.steps()));

  if (!resumed) task.before_first_step(trainer);
  const auto after_epoch = [&](uint32_t epoch, int64_t step) {
    task.after_epoch(trainer, epoch, step);
  };
  if (!trainer.run(after_epoch)) {
    if (distributed.first()) note(folder + ": saved; --resume auto continues from here");
    return false;
  }
  task.finish(trainer);
  return true;
}

void dry_run(Task& task, const Recipe& recipe, Distributed& distributed) {
  show_header(task, 0, distributed);
  steps_per_epoch(recipe.optim, task.loader(), distributed);  // an Error here and not in earnest
  data::Batch batch;
  task.loader().start(0);
  if (!task.loader().next(batch))
    fail("the training set: expected at least one batch of {} images, found fewer",
         recipe.optim.batch_size);
  const std::string sentence = task.try_batch(batch);
  if (distributed.first()) note("one batch: " + sentence + ": all is ready");
}

}  // namespace evax::train
