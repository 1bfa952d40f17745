#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/engine/precision.h"
#include "evax/image/image.h"
#include "evax/inference/prediction.h"
#include "evax/inference/segmentation.h"
#include "evax/weights/model_file.h"

namespace evax {

/// What a segmentation model marked on one X-ray.
struct Masks {
  std::vector<inference::MarkedClass> classes;  // in the model's order; masks of the X-ray's size
  Tensor probabilities;                         // [classes, height, width]
  std::vector<std::string> warnings;
};

/// What a classifier looks at on one X-ray for one class: Grad-CAM (arXiv 1610.02391; spec E).
struct HeatMap {
  std::string class_name;
  float logit = 0;
  Tensor raw;  // [G, G]: the weighted sum of the activations, before ReLU
  Tensor map;  // [height, width] of the X-ray, 0 to 1
};

/// A model file ready to answer. X-rays come from evax::image::read (a file) or
/// evax::image::decode (bytes), or are made of pixels. Values in, values out: nothing is printed,
/// and what goes wrong is an evax::Error, whose what() is one sentence for the user.
///
/// A Predictor is for one thread at a time, and uses `threads` of its own. For several requests at
/// once, give each thread another(): they share one copy of the weights.
class Predictor {
 public:
  struct Options {
    engine::Precision precision = engine::Precision::fp32;
    size_t threads = 0;  // 0: all that the process may use
  };

  /// Throws Error naming the file where it cannot be read, is no evax model file, or holds a
  /// network that the engine does not run (a convolutional one).
  explicit Predictor(const std::string& model_file, const Options& options);
  explicit Predictor(const std::string& model_file) : Predictor(model_file, Options()) {}
  /// Of a model in memory; `name` takes the place of the path in error messages.
  Predictor(const weights::ModelFile& model, const std::string& name, const Options& options);
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  /// One with threads and memory of its own on the same weights.
  Predictor another(size_t threads = 0) const;

  /// Architecture, classes, thresholds, preprocessing, provenance.
  const weights::Metadata& metadata() const;

  /// The findings of a classifier. `name` becomes Prediction::path.
  inference::Prediction predict(const image::Radiograph& xray, const std::string& name = {}) const;
  /// The same of several X-rays, which the threads share: the same values, sooner.
  std::vector<inference::Prediction> predict(std::span<const image::Radiograph> xrays) const;
  /// The head's input, [D].
  std::vector<float> embed(const image::Radiograph& xray) const;
  /// Output of the last block, [1 + G^2, D], the cls token first.
  Tensor tokens(const image::Radiograph& xray) const;
  /// What a segmentation model marks, by the model's thresholds or by this one for every class.
  Masks segment(const image::Radiograph& xray, std::optional<double> threshold = {}) const;
  /// Of each of these classes; of the one with the largest logit where none is named.
  std::vector<HeatMap> grad_cam(const image::Radiograph& xray,
                                std::span<const std::string> classes = {}) const;
  /// How much the tokens `rows` (0: cls) attend to every token in block `layer`, per head:
  /// [heads, rows, 1 + G^2].
  Tensor attention(const image::Radiograph& xray, size_t layer,
                   std::span<const uint32_t> rows) const;

 private:
  struct Impl;
  explicit Predictor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evax
