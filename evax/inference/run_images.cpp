#include "evax/inference/run_images.h"

#include <algorithm>
#include <span>

namespace evax::inference {
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

void run_images(const weights::ModelFile& file, const std::vector<std::string>& paths,
                const image::ReadOptions& reading, const engine::Options& options,
                const MakeRunner& make_runner, const Wanted& wanted,
                const std::function<void(const Item&, const Result&)>& consume) {
  const size_t threads = options.threads == 0 ? available_threads() : options.threads;
  // Reading starts before the engine packs its weights: the two overlap.
  ImageStream stream(paths, file.metadata.preprocess, reading, threads);
  const auto runner = stream.with_memory([&] {
    return make_runner(file, {options.precision, threads});
  });

  const size_t most = std::min(2 * threads, paths.size());
  Batch batch(file.metadata.model, wanted, most);
  for (auto items = stream.next(most); !items.empty(); items = stream.next(most)) {
    size_t count = 0;
    for (const Item& item : items)
      if (item.error.empty()) batch.set_input(count++, item.input);
    if (count > 0)
      stream.with_memory([&] { runner->forward(batch.input(), count, batch.outputs()); });
    size_t slot = 0;
    for (const Item& item : items)
      consume(item, item.error.empty() ? batch.result(slot++) : Result{});
  }
}

}  // namespace evax::inference
