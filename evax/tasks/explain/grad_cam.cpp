#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/core/text.h"
#include "evax/image/heat_map.h"
#include "evax/image/heat_overlay.h"
#include "evax/image/write.h"
#include "evax/tasks/explain/explanation.h"
#include "evax/tasks/file_names.h"
#include "evax/tasks/findings.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

constexpr image::Rgb box_colour{255, 255, 255};

// The index of a class by its name; "top" where no class is called so.
int class_index(const std::string& name, const ExplainOptions& options,
                const std::vector<std::string>& classes) {
  for (size_t i = 0; i < classes.size(); ++i)
    if (plain_name(classes[i]) == plain_name(name)) return static_cast<int>(i);
  if (name == "top") return engine::top_class;
  throw UsageError(fmt::format("--class {}: {} has no such class, but {}", name, options.model,
                               fmt::join(classes, ", ")));
}

image::Image marked(const std::vector<float>& map, const image::Image& image, double threshold) {
  image::Image mask{image.width, image.height, 1, std::vector<uint8_t>(map.size())};
  for (size_t i = 0; i < map.size(); ++i) mask.pixels[i] = map[i] > threshold;
  return mask;
}

Json json_of(const Box& box) { return {box.x, box.y, box.width, box.height}; }

class GradCamExplanation : public Explanation {
 public:
  GradCamExplanation(const engine::Model& model, const weights::Metadata& metadata,
                     const ExplainOptions& options)
      : model_(model), metadata_(metadata), threshold_(options.threshold) {
    for (const std::string& name : options.classes)
      classes_.push_back(class_index(name, options, metadata.classes));
    DistinctNames names;
    for (const std::string& name : metadata.classes)
      file_names_.push_back(names.of(file_name_of(name)));
  }

  void explain(Subject subject) override {
    const auto cells = static_cast<size_t>(model_.config().tokens() - 1);
    std::vector<float> raw(classes_.size() * cells);
    std::vector<float> logits(metadata_.classes.size());
    model_.grad_cam(subject.item.input.floats().data(), 1, classes_,
                    {.raw = raw.data(), .logits = logits.data()});
    const auto findings = findings_of(logits, metadata_);
    const auto top = std::max_element(logits.begin(), logits.end()) - logits.begin();
    subject.json["map_threshold"] = threshold_;
    subject.json["classes"] = Json::object();
    for (size_t i = 0; i < classes_.size(); ++i) {
      const auto index =
          static_cast<size_t>(classes_[i] == engine::top_class ? top : ptrdiff_t{classes_[i]});
      if (subject.json["classes"].contains(findings[index].name)) continue;  // asked for twice
      write(subject, findings[index], fmt::format("{}_{}", subject.stem, file_names_[index]),
            std::span(raw).subspan(i * cells, cells));
    }
    write_json(subject);
  }

 private:
  void write(Subject& subject, const Finding& finding, const std::string& stem,
             std::span<float> raw) const {
    const image::Image& xray = subject.image;
    const int grid = model_.config().grid();
    for (float& cell : raw) cell = std::max(cell, 0.0F);
    write_npy(stem + "_gradcam.npy", Tensor::from_floats({grid, grid}, raw));
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

  const engine::Model& model_;
  const weights::Metadata& metadata_;
  double threshold_;
  std::vector<int> classes_;
  std::vector<std::string> file_names_;  // of all classes
};

}  // namespace

std::unique_ptr<Explanation> explain_with_grad_cam(const engine::Model& model,
                                                   const weights::Metadata& metadata,
                                                   const ExplainOptions& options) {
  return std::make_unique<GradCamExplanation>(model, metadata, options);
}

}  // namespace evax::tasks
