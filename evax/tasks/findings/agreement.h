#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "evax/weights/config.h"

namespace evax::tasks {

/// How far a model's answers are from a reference's, over all images added.
class Agreement {
 public:
  explicit Agreement(const weights::Metadata& metadata) : metadata_(metadata) {}

  /// The logits of both for one image: [classes], or [classes, H, W] of a segmentation model.
  void add(std::span<const float> reference, std::span<const float> logits);

  /// Largest difference of a probability; of a pixel's with a segmentation model.
  double largest() const { return largest_; }
  /// "20 images: probabilities differ by 0.0009 at most (Pneumonia), 0.0002 on average; 0 of 40
  /// calls changed"
  std::string sentence() const;

 private:
  const weights::Metadata& metadata_;
  int64_t images_ = 0, values_ = 0, changed_ = 0;
  double largest_ = 0, sum_ = 0;
  size_t worst_class_ = 0;
};

}  // namespace evax::tasks
