#include "evax/tasks/run_model.h"

#include <algorithm>
#include <span>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/tasks/inputs.h"

namespace evax::tasks {
namespace {

// Buffers of one batch; pointers stay null for what is not wanted.
class Batch {
 public:
  Batch(const weights::ModelConfig& config, const Wanted& wanted, size_t most)
      : image_(size_t{3} * config.image_size * config.image_size),
        logits_(wanted.logits ? config.num_classes : 0),
        features_(wanted.features ? config.embed_dim : 0),
        tokens_(wanted.tokens ? size_t(config.tokens()) * config.embed_dim : 0) {
    images.resize(image_ * most);
    logits.resize(logits_ * most);
    features.resize(features_ * most);
    tokens.resize(tokens_ * most);
  }

  void set_input(size_t slot, const Tensor& input) {
    const auto values = input.floats();
    std::copy(values.begin(), values.end(), images.begin() + slot * image_);
  }

  engine::Outputs outputs() {
    return {logits_ ? logits.data() : nullptr, features_ ? features.data() : nullptr,
            tokens_ ? tokens.data() : nullptr};
  }

  Result result(size_t slot) const {
    return {part(logits, logits_, slot), part(features, features_, slot),
            part(tokens, tokens_, slot)};
  }

  const float* input() const { return images.data(); }

 private:
  static std::vector<float> part(const std::vector<float>& all, size_t size, size_t slot) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(slot * size);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

  size_t image_, logits_, features_, tokens_;  // floats per image
  std::vector<float> images, logits, features, tokens;
};

}  // namespace

engine::Precision parse_precision(const std::string& name) {
  if (name == "f32") return engine::Precision::fp32;
  if (name == "bf16") return engine::Precision::bf16;
  if (name == "auto") return engine::Precision::automatic;
  throw UsageError(fmt::format("--precision: expected f32, bf16 or auto, found {}", name));
}

Outcome run_model(const weights::ModelFile& file, const std::vector<std::string>& paths,
                  const RunOptions& options, const Wanted& wanted,
                  const std::function<void(const Item&, const Result&)>& consume) {
  const size_t threads = options.threads == 0 ? available_threads() : options.threads;
  // Reading starts before the engine packs its weights: the two overlap.
  ImageStream stream(paths, file.metadata.preprocess, options.reading,
                     std::min(threads, paths.size()));
  const auto runner = stream.with_memory([&] {
    return options.make_runner(file, {options.precision, threads});
  });

  const size_t most = std::min(2 * threads, paths.size());
  Batch batch(file.metadata.model, wanted, most);
  Progress progress("images", paths.size());
  Outcome outcome;
  for (auto items = stream.next(most); !items.empty(); items = stream.next(most)) {
    size_t count = 0;
    for (const Item& item : items)
      if (item.error.empty()) batch.set_input(count++, item.input);
    if (count > 0)
      stream.with_memory([&] { runner->forward(batch.input(), count, batch.outputs()); });
    size_t slot = 0;
    for (const Item& item : items) {
      if (item.error.empty()) {
        consume(item, batch.result(slot++));
        ++outcome.done;
      } else {
        outcome.report(item.error);
      }
    }
    progress.advance(items.size());
  }
  return outcome;
}

}  // namespace evax::tasks
