#include "evax/train/loading.h"

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

}  // namespace

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
