#include <nlohmann/json.hpp>
#include <set>

#include "evax/core/text.h"
#include "evax/image/mask/cardiothoracic.h"
#include "evax/image/mask/contour.h"
#include "evax/report/page_frame.h"
#include "evax/tasks/masks/segmented_image.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;
using Spacing = std::optional<std::array<double, 2>>;  // mm: between rows, between columns
using Names = std::set<std::string>;

void add_area(Json& json, int64_t pixels, const Spacing& spacing) {
  json["area_pixels"] = pixels;
  if (spacing) json["area_mm2"] = static_cast<double>(pixels) * (*spacing)[0] * (*spacing)[1];
}

Json json_of(const image::Component& part, const image::Image& mask, const Spacing& spacing) {
  const image::Box& box = part.box;
  Json json{{"box", {box.x, box.y, box.width, box.height}}};
  if (spacing) {
    const auto [down, across] = *spacing;
    json["box_mm"] = {box.x * across, box.y * down, box.width * across, box.height * down};
  }
  add_area(json, part.area, spacing);
  json["contour"] = Json::array();
  for (const image::Pixel& pixel : outer_contour(mask, part))
    json["contour"].push_back({pixel.x, pixel.y});
  return json;
}

Json json_of(const inference::MarkedClass& marked, const Spacing& spacing) {
  const int64_t area = area_of(marked.mask);
  Json json{{"threshold", marked.threshold},
            {"area_fraction",
             static_cast<double>(area) / static_cast<double>(marked.mask.pixels.size())}};
  add_area(json, area, spacing);
  json["parts"] = Json::array();
  for (const image::Component& part : connected_components(marked.mask))
    json["parts"].push_back(json_of(part, marked.mask, spacing));
  return json;
}

// All classes of these names in one mask; empty where there is none.
image::Image union_of(const std::vector<inference::MarkedClass>& classes, const Names& names) {
  image::Image all;
  for (const inference::MarkedClass& marked : classes) {
    if (!names.contains(plain_name(marked.name))) continue;
    if (all.pixels.empty()) {
      all = marked.mask;
      continue;
    }
    for (size_t i = 0; i < all.pixels.size(); ++i) all.pixels[i] |= marked.mask.pixels[i];
  }
  return all;
}

void add_cardiothoracic_ratio(Json& json, const std::vector<inference::MarkedClass>& classes,
                              const Spacing& spacing) {
  const auto lungs = union_of(classes, {"lung", "lungs", "left lung", "right lung"});
  const auto heart = union_of(classes, {"heart"});
  if (lungs.pixels.empty() || heart.pixels.empty()) return;
  Json& entry = json["cardiothoracic_ratio"];
  const auto found = cardiothoracic_ratio(lungs, heart);
  if (!found) return;
  entry = {
      {"ratio", found->ratio()}, {"heart_pixels", found->heart}, {"thorax_pixels", found->thorax}};
  if (!spacing) return;
  entry["heart_mm"] = found->heart * (*spacing)[1];
  entry["thorax_mm"] = found->thorax * (*spacing)[1];
}

}  // namespace

Json json_of(const SegmentedImage& segmented) {
  const image::Radiograph& xray = segmented.radiograph;
  const Spacing& spacing = xray.info.pixel_spacing;
  Json json{{"path", segmented.path},      {"model", segmented.model},
            {"use", report::disclaimer},   {"width", xray.image.width},
            {"height", xray.image.height}, {"pixel_spacing_mm", spacing ? Json(*spacing) : Json()},
            {"classes", Json::object()}};
  for (const inference::MarkedClass& marked : segmented.classes)
    json["classes"][marked.name] = json_of(marked, spacing);
  add_cardiothoracic_ratio(json, segmented.classes, spacing);
  json["warnings"] = xray.info.warnings;
  return json;
}

}  // namespace evax::tasks
