#include "evax/train/loop/loading.h"

#include <bit>

#include "evax/core/error.h"

namespace evax::train {
namespace {

data::LoaderOptions options_for(int batch_size, int workers, const Shape& row,
                                const Distributed& distributed) {
  data::LoaderOptions options;
  options.batch_size = static_cast<size_t>(batch_size);
  options.shape = row;
  options.workers = static_cast<size_t>(workers);
  options.rank = static_cast<size_t>(distributed.rank());
  options.ranks = static_cast<size_t>(distributed.ranks());
  return options;
}

// What makes a step small enough, as large as possible.
std::string smaller_step(size_t images, size_t batches, const Distributed& distributed) {
  const size_t share = images / static_cast<size_t>(distributed.ranks());
  if (batches > 0) return fmt::format("set optim.accumulate = {}", batches);
  if (share == 0) return "use fewer processes";
  return fmt::format("set optim.batch_size = {} and optim.accumulate = 1", std::bit_floor(share));
}

}  // namespace

int64_t steps_per_epoch(const OptimRecipe& optim, const data::Loader& loader,
                        const Distributed& distributed) {
  const size_t batches = loader.batches();
  const int64_t steps = static_cast<int64_t>(batches) / optim.accumulate;
  if (steps == 0 && (optim.epochs > 0 || optim.steps > 0))
    fail(
        "the training set: expected at least one step of {} images (optim.batch_size {} x "
        "accumulate {} x {} processes), found {}: {}",
        int64_t{optim.batch_size} * optim.accumulate * distributed.ranks(), optim.batch_size,
        optim.accumulate, distributed.ranks(), loader.dataset().size(),
        smaller_step(loader.dataset().size(), batches, distributed));
  return steps;
}

data::LoaderOptions training_options(const Recipe& recipe, const data::Splits& splits,
                                     const Shape& row, const Distributed& distributed) {
  data::LoaderOptions options =
      options_for(recipe.optim.batch_size, recipe.data.workers, row, distributed);
  options.seed = recipe.run.seed;
  options.shuffle = recipe.data.shuffle;
  options.epoch_length = splits.epoch_length;
  options.sampling = splits.sampling;
  return options;
}

data::LoaderOptions scoring_options(int batch_size, int workers, const Shape& row,
                                    const Distributed& distributed) {
  data::LoaderOptions options = options_for(batch_size, workers, row, distributed);
  options.shuffle = false;
  options.replace = false;
  options.drop_last = false;
  return options;
}

}  // namespace evax::train
