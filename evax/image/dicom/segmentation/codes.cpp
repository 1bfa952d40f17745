#include "evax/image/dicom/segmentation/codes.h"

#include <map>
#include <span>

#include "evax/core/sha256.h"
#include "evax/core/text.h"

namespace evax::image::dicom {
namespace {

const Code structure{"91723000", "SCT", "Anatomical Structure"};
const Code abnormality{"49755003", "SCT", "Morphologically Abnormal Structure"};
const Code place{"309825002", "SCT", "Spatial and Relational Concept"};

const Property lung{structure, {"39607008", "SCT", "Lung"}};
const Property clavicle{structure, {"51299004", "SCT", "Clavicle"}};

const std::map<std::string, Property, std::less<>> known{
    {"lung", lung},
    {"lungs", lung},
    {"left lung", {structure, {"44029006", "SCT", "Left lung"}}},
    {"right lung", {structure, {"3341006", "SCT", "Right lung"}}},
    {"heart", {structure, {"80891009", "SCT", "Heart"}}},
    {"clavicle", clavicle},
    {"clavicles", clavicle},
    {"pneumonia", {abnormality, {"233604007", "SCT", "Pneumonia"}}},
    {"pneumothorax", {abnormality, {"36118008", "SCT", "Pneumothorax"}}},
    {"tuberculosis", {abnormality, {"56717001", "SCT", "Tuberculosis"}}}};

}  // namespace

Property property_of(std::string_view class_name) {
  const auto found = known.find(plain_name(class_name));
  if (found != known.end()) return found->second;
  constexpr size_t longest_code = 16;  // value representation SH
  const std::string digest = sha256(std::as_bytes(std::span(class_name)));
  return {place, {digest.substr(0, longest_code), "99EVAX", short_text(class_name)}};
}

std::string short_text(std::string_view text, size_t longest) {
  std::string ascii;
  for (const char c : text.substr(0, longest)) ascii += c >= ' ' && c <= '~' && c != '\\' ? c : '?';
  return ascii.empty() ? "?" : ascii;
}

}  // namespace evax::image::dicom
