#include "evax/image/dicom/dicom.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "evax/core/error.h"
#include "evax/core/memory_reservation.h"
#include "evax/image/aspect.h"
#include "evax/image/dicom/body_part.h"
#include "evax/image/dicom/format/container.h"
#include "evax/image/dicom/no_picture.h"
#include "evax/image/dicom/pixels.h"
#include "evax/image/dicom/rendering.h"

namespace evax::image {
namespace {

using namespace dicom;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

template <typename Names>
bool is_one_of(const Names& names, std::string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

std::string attribute(const DataSet& data_set, uint32_t tag, uint32_t sequence = 0) {
  constexpr size_t longest = 64;  // of the short and code strings read here
  return printable(data_set.text(tag, sequence), longest);
}

constexpr std::array chest_modalities = {"CR", "DX"};
constexpr std::array doubtful_modalities = {"RG", "OT", "SC"};

bool has_picture(const DataSet& data_set) {
  try {
    read_pixel_format(data_set);
  } catch (const Error&) {
    return false;
  }
  return true;
}

// What would let an object in: nothing where it has no picture that can be read.
std::string way_in(const DataSet& data_set, const ReadOptions& options) {
  return has_picture(data_set) ? fmt::format("; {} reads it anyway", options.forced_by) : "";
}

// A modality that is stated and not a radiograph's. Checked before anything else, so that a
// damaged CT is refused as a CT.
void check_modality(const DataSet& data_set, const ReadOptions& options) {
  const std::string modality = attribute(data_set, tag::modality);
  if (options.force || modality.empty() || is_one_of(chest_modalities, modality) ||
      is_one_of(doubtful_modalities, modality))
    return;
  fail("expected a radiograph (modality CR or DX), found modality {}{}", modality,
       way_in(data_set, options));
}

// An object of a class that holds no picture. One that has a picture all the same can be forced.
void check_class(Bytes bytes, const DataSet& data_set, const ReadOptions& options) {
  const std::string_view other = no_picture(bytes.first(std::min(bytes.size(), head_bytes)));
  if (other.empty() || (options.force && has_picture(data_set))) return;
  const std::string modality = attribute(data_set, tag::modality);
  fail("expected a radiograph (modality CR or DX), found {}{}{}", other,
       modality.empty() ? "" : fmt::format(" (modality {})", modality), way_in(data_set, options));
}

void warn_about_modality(const std::string& modality, std::vector<std::string>& warnings) {
  if (modality.empty())
    warnings.emplace_back("the file states no modality");
  else if (!is_one_of(chest_modalities, modality))
    warnings.push_back(fmt::format("the modality is {}, not CR or DX", modality));
}

// ViewPosition, or else what the view code says in words (PS3.16 CID 4010).
std::string read_view(const DataSet& data_set) {
  std::string view = upper(attribute(data_set, tag::view_position));
  if (!view.empty()) return view;
  const std::string meaning = upper(attribute(data_set, tag::code_meaning, tag::view_code));
  if (meaning.starts_with("POSTERO-ANTERIOR")) return "PA";
  if (meaning.starts_with("ANTERO-POSTERIOR")) return "AP";
  if (meaning.starts_with("LEFT LATERAL")) return "LL";
  if (meaning.starts_with("RIGHT LATERAL")) return "RL";
  return meaning;
}

void warn_about_view(const std::string& view, std::vector<std::string>& warnings) {
  // Defined terms of CR (PS3.3 C.8.1.1) and words met in practice. Decubitus views (LLD, RLD) are
  // frontal.
  constexpr std::array oblique = {"RLO", "LLO", "RAO", "LAO", "RPO", "LPO"};
  const bool lateral =
      view == "LL" || view == "RL" ||
      (view.find("LAT") != std::string::npos && view.find("DECUB") == std::string::npos);
  if (lateral || is_one_of(oblique, view) || view.find("OBL") != std::string::npos)
    warnings.push_back(fmt::format("the view is {} ({}); the models are trained on frontal views",
                                   view, lateral ? "lateral" : "oblique"));
}

void warn_about_body_part(const std::string& part, std::vector<std::string>& warnings) {
  if (is_another_body_part(upper(part)))
    warnings.push_back(fmt::format("the body part is {}, not CHEST", part));
}

// Two positive numbers, of rows and of columns.
std::optional<std::array<double, 2>> read_pair(const DataSet& data_set, uint32_t tag) {
  const auto value = data_set.find(tag);
  const auto numbers = value ? value->numbers() : std::nullopt;
  if (numbers && numbers->size() == 2 && (*numbers)[0] > 0 && (*numbers)[1] > 0)
    return std::array{(*numbers)[0], (*numbers)[1]};
  return std::nullopt;
}

// The height and width of a pixel, in mm where they are known, else in their ratio.
void read_pixel_size(const DataSet& data_set, Info& info) {
  info.pixel_spacing = read_pair(data_set, tag::pixel_spacing);
  if (!info.pixel_spacing) info.pixel_spacing = read_pair(data_set, tag::imager_pixel_spacing);
  auto size = read_pair(data_set, tag::pixel_aspect_ratio);  // vertical, horizontal (C.7.6.3.1.7)
  if (info.pixel_spacing) size = info.pixel_spacing;
  if (size) warn_about_aspect((*size)[0], (*size)[1], info.warnings);
}

Info read_info(const Container& container, const PixelFormat& format) {
  const DataSet& data_set = container.data_set;
  Info info;
  info.format = "DICOM";
  info.modality = attribute(data_set, tag::modality);
  info.view = read_view(data_set);
  info.body_part = attribute(data_set, tag::body_part);
  info.photometric = format.photometric;
  info.transfer_syntax = container.transfer_syntax;
  if (!container.has_preamble)
    info.warnings.emplace_back("the file has no DICOM preamble; its encoding is guessed");
  read_pixel_size(data_set, info);
  warn_about_modality(info.modality, info.warnings);
  warn_about_body_part(info.body_part, info.warnings);
  warn_about_view(info.view, info.warnings);
  if (format.frames > 1)
    info.warnings.push_back(fmt::format("only the first of {} frames is read", format.frames));
  return info;
}

Image render(const PixelFormat& format, const std::vector<uint16_t>& stored,
             const std::vector<uint8_t>& levels) {
  Image image;
  image.width = format.columns;
  image.height = format.rows;
  image.channels = 1;
  image.pixels.resize(stored.size());
  std::transform(stored.begin(), stored.end(), image.pixels.begin(),
                 [&](uint16_t value) { return levels[value]; });
  return image;
}

Radiograph decode_container(const Container& container, const ReadOptions& options) {
  const DataSet& data_set = container.data_set;
  const std::string modality = attribute(data_set, tag::modality);
  check_modality(data_set, options);
  if (!container.defect.empty()) fail("{}", container.defect);
  PixelFormat format = read_pixel_format(data_set);
  if (modality.empty() && !options.force)
    fail("expected a radiograph (modality CR or DX), found no modality; {} reads it anyway",
         options.forced_by);

  std::optional<MemoryReservation> memory;  // a deflated file has made its own
  if (!container.memory) memory.emplace(bytes_per_pixel * format.pixels());
  Radiograph result;
  result.info = read_info(container, format);
  std::vector<std::string>& warnings = result.info.warnings;
  const std::vector<uint16_t> stored =
      read_stored_values(data_set, format, container.transfer_syntax, warnings);
  result.info.bits = format.bits_stored;
  const Rendering rendering = read_rendering(data_set, format, options.bits, warnings);
  const GreyTable table = make_grey_table(rendering, present_values(stored));
  result.info.window = table.description;
  result.image = render(format, stored, table.levels);
  return result;
}

}  // namespace

bool is_dicom(std::span<const std::byte> bytes) {
  return has_preamble(bytes) || looks_like_data_set(bytes);
}

Radiograph decode_dicom(std::span<const std::byte> bytes, std::string_view name,
                        const ReadOptions& options) {
  try {
    if (bytes.size() > max_file_bytes)
      fail("expected a file of at most {} MB, found {} bytes", max_file_bytes >> 20, bytes.size());
    const Container container = open_container(bytes);
    check_class(bytes, container.data_set, options);
    return decode_container(container, options);
  } catch (const Error& error) {
    fail("{}: {}", name, error.what());
  }
}

}  // namespace evax::image
