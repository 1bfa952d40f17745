#include "evax/inference/predictor.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/engine/model.h"
#include "evax/image/heat/heat_map.h"

namespace evax {
namespace {

using inference::Item;
using inference::Prediction;

// What all predictors of one model share.
struct Shared {
  std::string name;
  weights::Metadata metadata;
  data::Transform transform;
  std::shared_ptr<const engine::Model> model;
};

// [N, 3, S, S] of N inputs.
std::vector<float> batch_of(const std::vector<Item>& items) {
  std::vector<float> batch;
  for (const Item& item : items) {
    const auto values = item.input.floats();
    batch.insert(batch.end(), values.begin(), values.end());
  }
  return batch;
}

}  // namespace

struct Predictor::Impl {
  std::shared_ptr<const Shared> shared;
  engine::Session session;

  Impl(std::shared_ptr<const Shared> its, size_t threads)
      : shared(std::move(its)), session(shared->model, threads) {}

  const weights::Metadata& metadata() const { return shared->metadata; }
  const weights::ModelConfig& config() const { return shared->metadata.model; }

  Item prepare(const image::Radiograph& xray, const std::string& name = {}) const {
    const image::Image& image = xray.image;
    if (!image.is_sound())
      fail(
          "{}: expected a picture of 1 or 3 channels, found {} x {} pixels with {} channels in {} "
          "bytes",
          name.empty() ? "image" : name, image.width, image.height, image.channels,
          image.pixels.size());
    return inference::prepared(name, xray, metadata().preprocess, shared->transform);
  }

  std::vector<Prediction> predict(const std::vector<Item>& items) const {
    inference::require_classifier(metadata(), shared->name);
    const auto classes = static_cast<size_t>(config().num_classes);
    std::vector<float> logits(items.size() * classes);
    session.forward(batch_of(items).data(), items.size(), {.logits = logits.data()});
    std::vector<Prediction> predictions;
    for (size_t i = 0; i < items.size(); ++i)
      predictions.push_back(
          prediction_of(items[i], std::span(logits).subspan(i * classes, classes), metadata()));
    return predictions;
  }

  void require_encoder(const char* what) const {
    if (config().decoder)
      fail("{}: {} needs a classifier or a pre-trained encoder, found a segmentation model",
           shared->name, what);
  }

  int class_index(const std::string& name) const {
    const auto& classes = metadata().classes;
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end())
      fail("{}: expected one of the classes {}, found '{}'", shared->name, fmt::join(classes, ", "),
           name);
    return static_cast<int>(found - classes.begin());
  }
};

Predictor::Predictor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Predictor::Predictor(const std::string& model_file, const Options& options)
    : Predictor(weights::load_model(model_file), model_file, options) {}
Predictor::Predictor(const weights::ModelFile& model, const std::string& name,
                     const Options& options)
    : impl_(std::make_unique<Impl>(
          std::make_shared<const Shared>(
              Shared{name, model.metadata, data::Transform(model.metadata.preprocess),
                     std::make_shared<const engine::Model>(
                         model, engine::Options{options.precision, options.threads})}),
          options.threads)) {}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

Predictor Predictor::another(size_t threads) const {
  return Predictor(std::make_unique<Impl>(impl_->shared, threads));
}

const weights::Metadata& Predictor::metadata() const { return impl_->metadata(); }

Prediction Predictor::predict(const image::Radiograph& xray, const std::string& name) const {
  return impl_->predict({impl_->prepare(xray, name)}).front();
}

std::vector<Prediction> Predictor::predict(std::span<const image::Radiograph> xrays) const {
  std::vector<Item> items(xrays.size());
  ThreadPool(impl_->session.threads()).parallel_for(xrays.size(), [&](size_t i, size_t) {
    items[i] = impl_->prepare(xrays[i]);
  });
  return impl_->predict(items);
}

std::vector<float> Predictor::embed(const image::Radiograph& xray) const {
  impl_->require_encoder("embed");
  std::vector<float> features(static_cast<size_t>(impl_->config().embed_dim));
  impl_->session.forward(impl_->prepare(xray).input.floats().data(), 1,
                         {.features = features.data()});
  return features;
}

Tensor Predictor::tokens(const image::Radiograph& xray) const {
  Tensor tokens(DType::f32, {impl_->config().tokens(), impl_->config().embed_dim});
  impl_->session.forward(impl_->prepare(xray).input.floats().data(), 1,
                         {.tokens = tokens.mutable_floats().data()});
  return tokens;
}

Masks Predictor::segment(const image::Radiograph& xray, std::optional<double> threshold) const {
  const weights::Metadata& metadata = impl_->metadata();
  if (metadata.task != weights::Task::segmentation)
    fail("{}: segment needs a segmentation model, found a {} one", impl_->shared->name,
         name_of(metadata.task));
  std::vector<double> thresholds = inference::mask_thresholds(metadata);
  if (threshold) thresholds.assign(thresholds.size(), *threshold);
  const Item item = impl_->prepare(xray);
  const auto network = [&](const Tensor& images) {
    const weights::ModelConfig& config = impl_->config();
    Tensor logits(DType::f32, {1, config.num_classes, config.image_size, config.image_size});
    impl_->session.forward(images.floats().data(), 1, {.logits = logits.mutable_floats().data()});
    return logits;
  };
  Masks masks;
  masks.probabilities = inference::segment(item.input, item.width, item.height, network);
  masks.classes = inference::marked_classes(masks.probabilities, metadata.classes, thresholds);
  masks.warnings = item.warnings;
  return masks;
}

std::vector<HeatMap> Predictor::grad_cam(const image::Radiograph& xray,
                                         std::span<const std::string> classes) const {
  const weights::ModelConfig& config = impl_->config();
  std::vector<int> indices;
  for (const std::string& name : classes) indices.push_back(impl_->class_index(name));
  if (indices.empty()) indices.push_back(engine::top_class);

  const Item item = impl_->prepare(xray);
  const int grid = config.grid();
  const auto cells = static_cast<size_t>(grid) * static_cast<size_t>(grid);
  std::vector<float> raw(indices.size() * cells);
  std::vector<float> logits(static_cast<size_t>(config.num_classes));
  impl_->session.grad_cam(item.input.floats().data(), 1, indices,
                          {.raw = raw.data(), .logits = logits.data()});

  const Box seen = data::seen_part(item.width, item.height, impl_->metadata().preprocess);
  std::vector<HeatMap> maps;
  for (size_t i = 0; i < indices.size(); ++i) {
    const auto index =
        static_cast<size_t>(indices[i] != engine::top_class
                                ? indices[i]
                                : std::max_element(logits.begin(), logits.end()) - logits.begin());
    const auto of_class = std::span(raw).subspan(i * cells, cells);
    const std::vector<float> map = image::heat_map(of_class, grid, seen, item.height, item.width);
    maps.push_back({impl_->metadata().classes[index], logits[index],
                    Tensor::from_floats({grid, grid}, {of_class.begin(), of_class.end()}),
                    Tensor::from_floats({item.height, item.width}, map)});
  }
  return maps;
}

Tensor Predictor::attention(const image::Radiograph& xray, size_t layer,
                            std::span<const uint32_t> rows) const {
  const weights::ModelConfig& config = impl_->config();
  Tensor weights(DType::f32,
                 {config.num_heads, static_cast<int64_t>(rows.size()), config.tokens()});
  impl_->session.attention(impl_->prepare(xray).input.floats().data(), 1, layer, rows,
                           weights.mutable_floats().data());
  return weights;
}

}  // namespace evax
