#pragma once

#include <span>
#include <string>
#include <vector>

#include "evax/inference/findings.h"
#include "evax/inference/image_stream.h"

namespace evax::inference {

/// A classifier's answer for one X-ray.
struct Prediction {
  std::string path;    // as it was given
  std::string format;  // "PNG", "JPEG", "DICOM"
  int width = 0;       // of the X-ray as read
  int height = 0;
  std::string view;               // DICOM's ViewPosition: "PA", "AP", "LL"; else empty
  std::vector<Finding> findings;  // of each class, in the model's order
  std::vector<std::string> warnings;
};

Prediction prediction_of(const Item& item, std::span<const float> logits,
                         const weights::Metadata& metadata);

// The forms in which `evax predict` writes it. Logits are left out unless asked for.

/// One line for people for each class, below one that names the X-ray; warnings last.
std::string to_text(const Prediction& prediction, bool logits = false);
/// One JSON object on one line, without a line end.
std::string to_json(const Prediction& prediction, bool logits = false);
/// A row of a CSV file, without a line end, and the row above all.
std::string to_csv(const Prediction& prediction, bool logits = false);
std::string csv_header(const std::vector<std::string>& classes, bool logits = false);

}  // namespace evax::inference
