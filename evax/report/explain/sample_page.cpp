#include "evax/report/explain/sample_page.h"

#include <fmt/format.h>

#include <cmath>

#include "evax/image/read.h"
#include "evax/report/explain/picture.h"

namespace evax::report {
namespace {

constexpr int grid = 14;
constexpr size_t patches = size_t{grid} * grid;
constexpr double threshold = 0.3;

const std::vector<const char*> findings{
    "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",  "Mass",
    "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation", "Edema",
    "Emphysema",   "Fibrosis",     "Pleural_Thickening", "Hernia"};

// A hill around a cell, lower by `depth`.
std::vector<float> hill(double column, double row, double width, double depth) {
  std::vector<float> cells;
  for (int y = 0; y < grid; ++y)
    for (int x = 0; x < grid; ++x) {
      const double distance = std::hypot(x - column, y - row) / width;
      cells.push_back(static_cast<float>(std::exp(-distance * distance) - depth));
    }
  return cells;
}

// Every patch attends to itself and to its mirror image.
std::vector<float> attention() {
  std::vector<float> rows;
  for (int query = 0; query < grid * grid; ++query) {
    const int x = query % grid, y = query / grid;
    const auto own = hill(x, y, 2, 0), other = hill(grid - 1 - x, y, 3, 0);
    float sum = 0;
    for (size_t i = 0; i < patches; ++i) sum += own[i] + other[i];
    for (size_t i = 0; i < patches; ++i) rows.push_back((own[i] + other[i]) / sum);
  }
  return rows;
}

Explanation explanation(int image, int model) {
  Explanation made;
  made.seen = model == 0 ? Area{0, 0, 1024, 1024} : Area{64, 64, 896, 896};
  for (size_t c = 0; c < findings.size(); ++c) {
    const auto turn = static_cast<double>(c) + image + 0.2 * model;
    const double probability = 0.03 + 0.9 * std::pow(std::sin(0.7 * turn), 8);
    made.probabilities.push_back(probability);
    made.positive.push_back(probability >= threshold);
    made.cam.push_back(hill(7 + 4 * std::cos(turn), 7 + 4 * std::sin(turn), 2.5, 0.1));
  }
  made.attention = attention();
  return made;
}

ExplainedModel model(const char* name) {
  ExplainedModel made;
  made.name = name;
  made.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  for (const char* finding : findings) made.classes.push_back({finding, threshold});
  return made;
}

}  // namespace

ExplanationPage explanation_sample(int images) {
  const auto xray =
      image::read(std::string(EVAX_SOURCE_DIR) + "/demo/xrays/00001368_000.png").image;
  ExplanationPage page;
  page.title = "best.safetensors and linear.safetensors on X-rays";
  page.models = {model("best.safetensors"), model("linear.safetensors")};
  for (int i = 0; i < images; ++i) {
    ExplainedImage shown;
    shown.name = fmt::format("{:08}_000.png", 1368 + i);
    shown.width = shown.height = 1024;
    shown.picture = display_picture(xray);
    if (i % 2 == 0) shown.truth = {{"Cardiomegaly", {400, 500, 420, 300}}};
    shown.explanations = {explanation(i, 0), explanation(i, 1)};
    page.images.push_back(shown);
  }
  page.facts = {{"method", "Grad-CAM at norm1 of the last block; attention of the last block"},
                {"evax", "0.1.0"}};
  return page;
}

}  // namespace evax::report
