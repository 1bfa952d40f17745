#include "evax/image/dicom/format/dataset.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace evax::image::dicom {
namespace {

constexpr std::array top_level = {tag::media_sop_class,
                                  tag::transfer_syntax,
                                  tag::sop_class,
                                  tag::sop_instance,
                                  tag::study_instance,
                                  tag::series_instance,
                                  tag::modality,
                                  tag::presentation_intent,
                                  tag::body_part,
                                  tag::view_position,
                                  tag::imager_pixel_spacing,
                                  tag::samples_per_pixel,
                                  tag::photometric,
                                  tag::frames,
                                  tag::rows,
                                  tag::columns,
                                  tag::pixel_spacing,
                                  tag::pixel_aspect_ratio,
                                  tag::bits_allocated,
                                  tag::bits_stored,
                                  tag::high_bit,
                                  tag::padding_value,
                                  tag::padding_limit,
                                  tag::pixel_representation,
                                  tag::window_center,
                                  tag::window_width,
                                  tag::rescale_intercept,
                                  tag::rescale_slope,
                                  tag::voi_lut_function,
                                  tag::presentation_lut_shape,
                                  tag::overlay_bit_position};
constexpr std::array in_sequences = {tag::lut_descriptor, tag::lut_data, tag::code_meaning};
constexpr std::array sequences = {tag::modality_lut, tag::voi_lut, tag::view_code};

template <typename Tags>
bool contains(const Tags& tags, uint32_t tag) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view padding(" \0", 2);
  const size_t first = text.find_first_not_of(padding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(padding) - first + 1);
}

// Values of implicit data sets may be as long as the file; copies of them may not.
std::string_view characters(Bytes bytes) {
  constexpr size_t longest = 4096;
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), longest)};
}

}  // namespace

std::string Value::text() const { return std::string(trimmed(characters(bytes_))); }

std::optional<std::vector<double>> Value::numbers() const {
  std::vector<double> values;
  std::string_view rest = characters(bytes_);
  while (true) {
    const size_t end = std::min(rest.find('\\'), rest.size());
    std::string_view word = trimmed(rest.substr(0, end));
    if (word.starts_with('+')) word.remove_prefix(1);  // from_chars knows no plus sign
    double value = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || stop != word.data() + word.size() || !std::isfinite(value))
      return std::nullopt;
    values.push_back(value);
    if (end == rest.size()) return values;
    rest.remove_prefix(end + 1);
  }
}

void DataSet::element(const Element& element) {
  if (element.sequence == 0 && element.tag == pixel_data_tag) {
    pixels_.present = true;
    pixels_.vr = element.vr;
    pixels_.native = element.value;
    return;
  }
  const bool wanted =
      element.sequence == 0
          ? contains(top_level, element.tag) || contains(tag::inherited, element.tag)
          : wants_sequence(element.sequence) && element.item == 0 && !element.nested_deeper &&
                contains(in_sequences, element.tag);
  if (wanted && !element.value.empty())
    values_.emplace(std::pair(element.sequence, element.tag),
                    Value(element.vr, element.value, element.encoding.big_endian));
}

void DataSet::fragment(Bytes fragment) {
  pixels_.present = true;
  pixels_.encapsulated = true;
  pixels_.items.push_back(fragment);
}

bool DataSet::wants_sequence(uint32_t tag) const { return contains(sequences, tag); }

std::optional<Value> DataSet::find(uint32_t tag, uint32_t sequence) const {
  const auto found = values_.find({sequence, tag});
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string DataSet::text(uint32_t tag, uint32_t sequence) const {
  const auto value = find(tag, sequence);
  return value ? value->text() : std::string();
}

}  // namespace evax::image::dicom
