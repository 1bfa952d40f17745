#include <algorithm>
#include <optional>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/core/text.h"
#include "evax/image/heat/heat_map.h"
#include "evax/image/heat/heat_overlay.h"
#include "evax/image/write.h"
#include "evax/inference/findings.h"
#include "evax/tasks/explain/explanation.h"
#include "evax/tasks/file_names.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

constexpr image::Rgb box_colour{255, 255, 255};

image::Image marked(const std::vector<float>& map, const image::Image& image, double threshold) {
  image::Image mask{image.width, image.height, 1, std::vector<uint8_t>(map.size())};
  for (size_t i = 0; i < map.size(); ++i) mask.pixels[i] = map[i] > threshold;
  return mask;
}

Json json_of(const Box& box) { return {box.x, box.y, box.width, box.height}; }

class GradCamExplanation : public Explanation {
 public:
  GradCamExplanation(const ExplainedNetwork& network, const ExplainOptions& options)
      : network_(network), threshold_(options.threshold) {
    for (const std::string& name : options.classes) {
      const auto index = class_index(name, network.metadata);
      if (!index) refuse_class(name, network);
      classes_.push_back(*index);
    }
    if (classes_.empty()) classes_ = {engine::top_class};
    DistinctNames names;
    for (const std::string& name : network.metadata.classes)
      file_names_.push_back(names.of(file_name_of(name)));
  }

  void explain(Subject subject) override {
    const Tensor& input = subject.item.input;
    const inference::CamMaps maps =
        network_.grad_cam(input.reshaped({1, 3, input.size(1), input.size(2)}), classes_);
    const auto grid = static_cast<int>(maps.raw.size(2));
    const size_t cells = maps.raw.floats().size() / classes_.size();
    const auto logits = maps.logits.floats();
    const auto findings = inference::findings_of(logits, network_.metadata);
    const auto top = std::max_element(logits.begin(), logits.end()) - logits.begin();
    subject.json["map_threshold"] = threshold_;
    subject.json["classes"] = Json::object();
    for (size_t i = 0; i < classes_.size(); ++i) {
      const auto index =
          static_cast<size_t>(classes_[i] == engine::top_class ? top : ptrdiff_t{classes_[i]});
      if (subject.json["classes"].contains(findings[index].name)) continue;  // asked for twice
      write(subject, findings[index], fmt::format("{}_{}", subject.stem, file_names_[index]),
            maps.raw.floats().subspan(i * cells, cells), grid);
    }
    write_json(subject);
  }

 private:
  void write(Subject& subject, const inference::Finding& finding, const std::string& stem,
             std::span<const float> raw, int grid) const {
    const image::Image& xray = subject.image;
    std::vector<float> cells(raw.begin(), raw.end());
    for (float& cell : cells) cell = std::max(cell, 0.0F);
    write_npy(stem + "_gradcam.npy", Tensor::from_floats({grid, grid}, cells));
    const auto map = image::heat_map(raw, grid, subject.seen, xray.height, xray.width);
    write_npy(stem + "_map.npy", Tensor::from_floats({xray.height, xray.width}, map));
    const auto found = image::largest_component(marked(map, xray, threshold_));
    const auto peak = image::peak_of(map, xray.width);
    image::Image drawn = image::draw_heat(xray, map);
    if (found) image::draw_box(drawn, found->box, box_colour);
    image::write_png(stem + "_overlay.png", drawn);
    subject.json["classes"][finding.name] = {
        {"probability", finding.probability},
        {"threshold", finding.threshold ? Json(*finding.threshold) : Json()},
        {"positive", finding.positive},
        {"box", found ? json_of(found->box) : Json()},
        {"peak", peak ? Json{peak->x, peak->y} : Json()}};
  }

  const ExplainedNetwork& network_;
  double threshold_;
  std::vector<int> classes_;
  std::vector<std::string> file_names_;  // of all classes
};

}  // namespace

std::optional<int> class_index(const std::string& name, const weights::Metadata& metadata) {
  const std::vector<std::string>& classes = metadata.classes;
  for (size_t i = 0; i < classes.size(); ++i)
    if (plain_name(classes[i]) == plain_name(name)) return static_cast<int>(i);
  if (name == "top" && !classes.empty()) return engine::top_class;
  return std::nullopt;
}

void refuse_class(const std::string& name, const ExplainedNetwork& network) {
  const std::vector<std::string>& classes = network.metadata.classes;
  throw UsageError(
      fmt::format("--class {}: {} has no such class, but {}", name, network.path,
                  classes.empty() ? "none" : fmt::format("{}", fmt::join(classes, ", "))));
}

std::unique_ptr<Explanation> explain_with_grad_cam(const ExplainedNetwork& network,
                                                   const ExplainOptions& options) {
  return std::make_unique<GradCamExplanation>(network, options);
}

}  // namespace evax::tasks
