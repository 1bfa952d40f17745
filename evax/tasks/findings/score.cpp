#include "evax/tasks/findings/score.h"

#include <algorithm>

#include "evax/core/log.h"
#include "evax/data/augment/augment.h"
#include "evax/data/loader.h"

namespace evax::tasks {
namespace {

data::LoaderOptions loader_options(const weights::Metadata& model, size_t threads) {
  data::LoaderOptions options;
  options.batch_size = 2 * threads;
  options.shape = {3, model.model.image_size, model.model.image_size};
  options.shuffle = false;
  options.replace = false;
  options.drop_last = false;
  options.workers = threads;
  return options;
}

}  // namespace

evaluation::Scored score(inference::Runner& runner, const weights::Metadata& model,
                         const data::Dataset& dataset, size_t threads) {
  data::Loader loader(dataset, data::evaluation_transform(model.preprocess),
                      loader_options(model, threads));
  Progress progress(dataset.source, dataset.size());
  const auto classes = static_cast<size_t>(model.model.num_classes);
  evaluation::Scored scored;
  std::vector<float> logits;
  data::Batch batch;
  for (loader.start(0); loader.next(batch);) {
    const size_t rows = batch.samples.size();
    logits.resize(rows * classes);
    engine::Outputs outputs;
    outputs.logits = logits.data();
    runner.forward(batch.images.floats().data(), rows, outputs);
    for (const auto& [sample, reason] : batch.unreadable) {
      scored.unreadable.emplace_back(dataset.samples[sample].path, reason);
      evaluation::check_readable(dataset,
                                 scored.unreadable);  // rather than at the end of a long list
      warn("left out: " + reason);
    }
    for (size_t row = 0; row < rows; ++row) {
      const auto unreadable = [&](const auto& item) { return item.first == batch.samples[row]; };
      if (std::any_of(batch.unreadable.begin(), batch.unreadable.end(), unreadable)) continue;
      scored.samples.push_back(batch.samples[row]);
      const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(row * classes);
      scored.logits.insert(scored.logits.end(), begin,
                           begin + static_cast<std::ptrdiff_t>(classes));
    }
    progress.advance(rows);
  }
  return scored;
}

}  // namespace evax::tasks
