#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "evax/image/image.h"
#include "evax/weights/config.h"

namespace evax::data {

/// Mean and spread of an X-ray in units of the training data's standard deviation.
struct Brightness {
  double mean = 0;
  double spread = 1;
};

/// From the input of a network, which is normalised.
Brightness brightness_of(std::span<const float> input);
/// From an image, estimated from about a hundred thousand of its pixels.
Brightness brightness_of(const image::Image& image, const weights::Preprocess& preprocess);

/// Why an X-ray of this size may not be what the model was made for: its reader's warnings (view,
/// modality), a resolution below the model's, brightness or contrast far from those of its training
/// data.
std::vector<std::string> warnings_of(const image::Info& info, int width, int height,
                                     const Brightness& seen, const weights::Preprocess& preprocess);

/// Counts what the X-rays of a list or a call are warned about, each file once, and says it on
/// stderr in the end: a sentence for each kind of warning, with how many files have it and the
/// first of them. Thread-safe.
class WarningTally {
 public:
  /// `source`: the list, where there is one.
  explicit WarningTally(std::string source = {}) : source_(std::move(source)) {}
  ~WarningTally();
  WarningTally(const WarningTally&) = delete;
  WarningTally& operator=(const WarningTally&) = delete;

  /// The model whose X-rays they are; EVA-X's usual preprocessing before this is called.
  void expect(const weights::Preprocess& preprocess);
  void add(const std::string& path, const std::vector<std::string>& warnings);
  /// The warnings of a picture as it was read.
  void add(const std::string& path, const image::Radiograph& xray);

 private:
  std::string source_;
  std::mutex mutex_;  // guards all below
  weights::Preprocess preprocess_;
  std::map<std::string, std::map<std::string, std::string>> kinds_;  // by kind: by file, in words
};

}  // namespace evax::data
