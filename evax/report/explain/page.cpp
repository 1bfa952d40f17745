#include "evax/report/explain/page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "evax/core/error.h"
#include "evax/core/utf8.h"
#include "evax/image/heat/colour_map.h"
#include "evax/report/explain/assets.h"
#include "evax/report/explain/maps_data.h"
#include "evax/report/figure_json.h"
#include "evax/report/html.h"
#include "evax/report/markup.h"
#include "evax/report/page_frame.h"

namespace evax::report {
namespace {

using nlohmann::ordered_json;

void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error(fmt::format("explanation_page: expected {}", what));
}

void check(const ExplainedModel& model, const Explanation& explanation) {
  const size_t patches = static_cast<size_t>(model.grid) * static_cast<size_t>(model.grid);
  const size_t classes = model.classes.size();
  expect(explanation.probabilities.size() == classes, "a probability per class");
  expect(explanation.positive.size() == classes, "a verdict per class");
  expect(explanation.cam.empty() || explanation.cam.size() == classes, "a grid per class");
  for (const auto& grid : explanation.cam)
    expect(grid.empty() || grid.size() == patches, "a value per patch");
  expect(explanation.attention.empty() || explanation.attention.size() == patches * patches,
         "a row of attention per patch");
}

void check(const ExplanationPage& page) {
  expect(page.models.size() == 1 || page.models.size() == 2, "one model or two");
  for (const ExplainedModel& model : page.models)
    expect(model.grid > 0 && model.image_size >= model.grid, "a network with patches");
  expect(!page.images.empty(), "an image");
  for (const ExplainedImage& image : page.images) {
    expect(image.width > 0 && image.height > 0, "an image with pixels");
    expect(image.explanations.size() == page.models.size(), "an explanation per model");
    for (size_t m = 0; m < page.models.size(); ++m) check(page.models[m], image.explanations[m]);
  }
}

// Names are hostile: see escaped().
std::string name_json(std::string_view name) { return printable(to_utf8(name), 2000); }

ordered_json area_json(const Area& area) {
  return {{"x", area.x}, {"y", area.y}, {"width", area.width}, {"height", area.height}};
}

ordered_json model_json(const ExplainedModel& model) {
  ordered_json classes = ordered_json::array();
  for (const ExplainedClass& c : model.classes)
    classes.push_back({{"name", name_json(c.name)}, {"threshold", json_of(c.threshold)}});
  return {{"name", name_json(model.name)}, {"sha256", name_json(model.sha256)},
          {"imageSize", model.image_size}, {"grid", model.grid},
          {"exclusive", model.exclusive},  {"classes", classes}};
}

ordered_json explanation_json(const Explanation& explanation) {
  ordered_json with_cam = ordered_json::array();  // in the order of the packed grids
  for (size_t c = 0; c < explanation.cam.size(); ++c)
    if (!explanation.cam[c].empty()) with_cam.push_back(c);
  return {{"seen", area_json(explanation.seen)},
          {"probabilities", explanation.probabilities},
          {"positive", explanation.positive},
          {"cam", with_cam},
          {"attention", !explanation.attention.empty()}};
}

ordered_json image_json(const ExplainedImage& image) {
  ordered_json truth = ordered_json::array();
  for (const TruthBox& box : image.truth)
    truth.push_back({{"label", name_json(box.label)}, {"area", area_json(box.area)}});
  ordered_json explanations = ordered_json::array();
  for (const Explanation& explanation : image.explanations)
    explanations.push_back(explanation_json(explanation));
  return {{"name", name_json(image.name)},
          {"width", image.width},
          {"height", image.height},
          {"truth", truth},
          {"explanations", explanations}};
}

ordered_json colour_table() {
  ordered_json colours = ordered_json::array();
  for (int i = 0; i < 256; ++i) colours.push_back(image::viridis(i / 255.0));
  return colours;
}

// A block of data that no browser runs; "<" would let a name end it.
std::string data_block(std::string_view id, std::string_view type, std::string_view content) {
  return fmt::format("<script id=\"{}\" type=\"{}\">{}</script>\n", id, type, content);
}

std::string json_block(const ExplanationPage& page) {
  ordered_json json{{"camThreshold", page.cam_threshold}, {"colours", colour_table()}};
  for (const ExplainedModel& model : page.models) json["models"].push_back(model_json(model));
  json["images"] = ordered_json::array();
  for (const ExplainedImage& image : page.images) json["images"].push_back(image_json(image));
  std::string text;
  for (const char c : json.dump()) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return data_block("page", "application/json", text);
}

std::string thumbnails(const std::vector<ExplainedImage>& images) {
  std::string items;
  for (const ExplainedImage& image : images)
    items += fmt::format(
        "<li><button type=\"button\"><img alt=\"\" decoding=\"async\" "
        "src=\"data:image/{};base64,{}\"><span>{}</span></button></li>\n",
        image.picture.starts_with("\x89PNG") ? "png" : "jpeg", base64(image.picture),
        html_name(shortened(image.name, 60)));
  return "<nav aria-label=\"Images\"><ol id=\"images\">\n" + items + "</ol></nav>\n";
}

std::string facts(const ExplanationPage& page) {
  HtmlTable table;
  table.text_columns = 2;
  for (const ExplainedModel& model : page.models)
    table.rows.push_back({model.name, Cell("sha256 " + model.sha256)});
  for (const auto& [name, value] : page.facts) table.rows.push_back({name, value});
  return "<dialog id=\"facts\" aria-label=\"How this was made\"><h2>How this was made</h2>" +
         html_table(table) + "<form method=\"dialog\"><button>Close</button></form></dialog>\n";
}

std::string map_blocks(const ExplanationPage& page) {
  std::string blocks;
  for (size_t i = 0; i < page.images.size(); ++i)
    for (size_t m = 0; m < page.models.size(); ++m)
      blocks += data_block(fmt::format("maps-{}-{}", i, m), "application/octet-stream",
                           packed_maps(page.models[m], page.images[i].explanations[m]));
  return blocks;
}

}  // namespace

std::string page_address(size_t image, std::string_view class_name) {
  std::string address = fmt::format("#image={}&finding=", image + 1);
  for (const char c : name_json(class_name)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '-' || c == '.';
    address += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return address;
}

std::string explanation_page(const ExplanationPage& page) {
  check(page);
  std::string body = fmt::format("<header><h1>{}</h1></header>\n", html_name(page.title));
  body += thumbnails(page.images);
  body += assets::controls;
  body += fmt::format("<footer>{}</footer>\n", disclaimer);
  body += facts(page) + json_block(page) + map_blocks(page);
  return html_page(page.title, body, {assets::style, assets::script});
}

}  // namespace evax::report
