#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evax::report {

/// A rectangle in pixels of the original image, which it may leave.
struct Area {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A box that a radiologist drew. `label` names the class of the models that it belongs to.
struct TruthBox {
  std::string label;
  Area area;
};

struct ExplainedClass {
  std::string name;
  std::optional<double> threshold;  // positive from this probability on
};

struct ExplainedModel {
  std::string name;
  std::string sha256;                   // of the file
  int image_size = 224;                 // pixels of a side of what the network sees
  int grid = 14;                        // patches along a side
  std::vector<ExplainedClass> classes;  // none: a model without a head
  bool exclusive = false;               // softmax: one class of an image is predicted
};

/// What one model makes of one image. G = grid.
struct Explanation {
  Area seen;                            // the part of the image that became the network's square
  std::vector<double> probabilities;    // [classes]
  std::vector<bool> positive;           // [classes] exclusive ones: predicted
  std::vector<std::vector<float>> cam;  // [classes][G * G], raw; a class may have none: empty
  std::vector<float> attention;         // [G * G, G * G], a row for each query patch; or empty
};

struct ExplainedImage {
  std::string name;           // of the file: nothing that identifies the patient
  int width = 0, height = 0;  // of the original
  std::string picture;        // of the whole image, PNG or JPEG: see display_picture()
  std::vector<TruthBox> truth;
  std::vector<Explanation> explanations;  // one for each model
};

/// Everything that `evax explain --html` shows.
struct ExplanationPage {
  std::string title;
  std::vector<ExplainedModel> models;  // one, or two to be shown side by side
  std::vector<ExplainedImage> images;
  double cam_threshold = 0.4;                              // where the slider begins
  std::vector<std::pair<std::string, std::string>> facts;  // (name, value): how it was made
};

/// "#image=3&finding=Effusion": what opens the page at an image, counted from 0, and a class.
std::string page_address(size_t image, std::string_view class_name);

/// One self-contained page to look at X-rays with what a model saw in them: heat maps with their
/// boxes, attention of any patch, window, zoom. Its script is named by its hash, and nothing else
/// may run or be asked for. Throws std::logic_error where sizes do not fit.
std::string explanation_page(const ExplanationPage& page);

}  // namespace evax::report
