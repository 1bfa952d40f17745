#include "evax/image/dicom/segmentation/segmentation.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrmb.h>

#include <ctime>
#include <span>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/sha256.h"
#include "evax/image/dicom/codec/dcmtk_log.h"
#include "evax/image/dicom/format/dataset.h"
#include "evax/image/dicom/segmentation/items.h"
#include "evax/image/dicom/segmentation/source.h"
#include "evax/image/dicom/segmentation/uid.h"

namespace evax::image {
namespace {

using namespace dicom;

constexpr const char* segmentation_storage = "1.2.840.10008.5.1.4.1.1.66.4";
constexpr const char* research_use = "For research use only, not for diagnosis";
const Code derived_by_segmentation{"113076", "DCM", "Segmentation"};
const Code source_of_processing{"121322", "DCM", "Source Image for Image Processing Operation"};
const Code artificial_intelligence{"123110", "DCM", "Artificial Intelligence"};

/// All that an object is made of.
struct Content {
  SourceImage source;
  std::span<const Segment> segments;
  SegmentationAlgorithm algorithm;
  std::vector<uint8_t> pixels;  // packed
  std::string date, time;

  /// A UID of the object, or of a part of it.
  std::string uid(const std::string& part) const {
    std::string all = part;
    for (const std::string& text :
         {source.sop_instance, algorithm.name, algorithm.version, algorithm.software, date, time})
      all += '\n' + text;
    for (const Segment& segment : segments) all += '\n' + segment.name;
    return uid_of(all + '\n' + sha256(std::as_bytes(std::span(pixels))));
  }
};

// One bit a pixel, the lowest first, frame after frame without a gap (PS3.5 8.1.1).
std::vector<uint8_t> pack(std::span<const Segment> segments, const SourceImage& source) {
  const size_t pixels = static_cast<size_t>(source.rows) * static_cast<size_t>(source.columns);
  std::vector<uint8_t> packed((segments.size() * pixels + 15) / 16 * 2);  // even
  size_t bit = 0;
  for (const Segment& segment : segments) {
    if (segment.mask->width != source.columns || segment.mask->height != source.rows)
      fail("expected a mask of {} x {} pixels as the image has, found {} x {} for {}",
           source.columns, source.rows, segment.mask->width, segment.mask->height, segment.name);
    for (const uint8_t value : segment.mask->pixels) {
      if (value != 0) packed[bit / 8] |= static_cast<uint8_t>(1 << (bit % 8));
      ++bit;
    }
  }
  return packed;
}

void set_time(Content& content) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%Y%m%d", &local);
  content.date = text;
  std::strftime(text, sizeof text, "%H%M%S", &local);
  content.time = text;
}

void refer(DcmItem& item, const SourceImage& source) {
  put(item, 0x00081150, EVR_UI, source.sop_class);
  put(item, 0x00081155, EVR_UI, source.sop_instance);
}

// Patient, study and character set are the source's; those that every object must have are empty
// where the source has none.
void add_patient_and_study(DcmItem& data, const SourceImage& source) {
  const auto inherit = [&](uint32_t tag, DcmEVR vr, bool always) {
    const std::string& text = source.inherited.at(tag);
    if (always || !text.empty()) put(data, tag, vr, text);
  };
  inherit(0x00080005, EVR_CS, false);  // character set
  inherit(0x00080020, EVR_DA, true);   // study: date, time, accession number, referring physician
  inherit(0x00080030, EVR_TM, true);
  inherit(0x00080050, EVR_SH, true);
  inherit(0x00080090, EVR_PN, true);
  inherit(0x00081030, EVR_LO, false);  // its description
  inherit(0x00100010, EVR_PN, true);   // patient: name, ID, its issuer, birth date, sex
  inherit(0x00100020, EVR_LO, true);
  inherit(0x00100021, EVR_LO, false);
  inherit(0x00100030, EVR_DA, true);
  inherit(0x00100040, EVR_CS, true);
  put(data, 0x0020000D, EVR_UI, source.study);
  inherit(0x00200010, EVR_SH, true);  // study ID
}

void add_series_and_equipment(DcmItem& data, const Content& content) {
  put(data, 0x00080060, EVR_CS, "SEG");
  put(data, 0x0020000E, EVR_UI, content.uid("series"));
  put(data, 0x00200011, EVR_IS, "1");
  put(data, 0x0008103E, EVR_LO, std::string("Segmentation: ") + research_use);
  put(data, 0x00080070, EVR_LO, "evax");  // manufacturer, model, serial number, software
  put(data, 0x00081090, EVR_LO, short_text(content.algorithm.name));
  put(data, 0x00181000, EVR_LO, short_text(content.algorithm.version));
  put(data, 0x00181020, EVR_LO, short_text(content.algorithm.software));
}

void add_image(DcmItem& data, const Content& content) {
  const SourceImage& source = content.source;
  put(data, 0x00080008, EVR_CS, "DERIVED\\PRIMARY");
  put(data, 0x00080016, EVR_UI, segmentation_storage);
  put(data, 0x00080018, EVR_UI, content.uid("object"));
  put(data, 0x00080023, EVR_DA, content.date);
  put(data, 0x00080033, EVR_TM, content.time);
  put(data, 0x00200013, EVR_IS, "1");
  put(data, 0x00700080, EVR_CS, "SEGMENTATION");  // content: label, description, creator
  put(data, 0x00700081, EVR_LO, research_use);
  put(data, 0x00700084, EVR_PN, "evax");
  put(data, 0x00280002, 1);  // samples per pixel
  put(data, 0x00280004, EVR_CS, "MONOCHROME2");
  put(data, 0x00280008, EVR_IS, fmt::format("{}", content.segments.size()));  // frames
  put(data, 0x00280010, static_cast<uint16_t>(source.rows));
  put(data, 0x00280011, static_cast<uint16_t>(source.columns));
  put(data, 0x00280100, 1);  // bits allocated, stored; high bit; unsigned
  put(data, 0x00280101, 1);
  put(data, 0x00280102, 0);
  put(data, 0x00280103, 0);
  put(data, 0x00620001, EVR_CS, "BINARY");
  put(data, 0x00200020, EVR_CS, source.inherited.at(0x00200020));  // patient orientation
  const std::string& lossy = source.inherited.at(tag::lossy_compression);
  put(data, tag::lossy_compression, EVR_CS, lossy);
  if (lossy != "01") return;
  put(data, tag::lossy_ratio, EVR_DS, source.inherited.at(tag::lossy_ratio));
  put(data, tag::lossy_method, EVR_CS, source.inherited.at(tag::lossy_method));
}

void add_segment(DcmItem& data, const Segment& segment, uint16_t number,
                 const SegmentationAlgorithm& algorithm) {
  DcmItem& item = add_item(data, 0x00620002);
  const Property property = property_of(segment.name);
  put_code(item, 0x00620003, property.category);
  put(item, 0x00620004, number);
  put(item, 0x00620005, EVR_LO, short_text(segment.name));
  put(item, 0x00620008, EVR_CS, "AUTOMATIC");
  put(item, 0x00620009, EVR_LO, short_text(algorithm.name));
  put_code(item, 0x0062000F, property.type);
  DcmItem& identification = add_item(item, 0x00620007);
  put_code(identification, 0x0066002F, artificial_intelligence);
  put(identification, 0x00660031, EVR_LO, short_text(algorithm.version));
  put(identification, 0x00660036, EVR_LO, short_text(algorithm.name));
}

// Frames are told apart by their segment alone (PS3.3 C.7.6.17).
void add_dimension(DcmItem& data, const Content& content) {
  const std::string uid = content.uid("dimensions");
  put(add_item(data, 0x00209221), 0x00209164, EVR_UI, uid);
  DcmItem& index = add_item(data, 0x00209222);
  put(index, 0x00209164, EVR_UI, uid);
  put_tag(index, 0x00209165, 0x0062000B);  // Referenced Segment Number, in
  put_tag(index, 0x00209167, 0x0062000A);  // Segment Identification Sequence
}

// The image that a frame was derived from (PS3.3 C.7.6.16.2.6).
void add_derivation(DcmItem& frame, const SourceImage& source) {
  DcmItem& derivation = add_item(frame, 0x00089124);
  put_code(derivation, 0x00089215, derived_by_segmentation);
  DcmItem& image = add_item(derivation, 0x00082112);
  refer(image, source);
  if (source.frames > 1) put(image, 0x00081160, EVR_IS, "1");
  put(image, 0x0028135A, EVR_CS, "YES");  // spatial locations are preserved
  put_code(image, 0x0040A170, source_of_processing);
}

// The functional groups of a segment's frame. The derivation is the same for all, but readers look
// for it here.
void add_frame(DcmItem& data, uint16_t segment, const SourceImage& source) {
  DcmItem& frame = add_item(data, 0x52009230);
  add_derivation(frame, source);
  put_long(add_item(frame, 0x00209111), 0x00209157, segment);
  put(add_item(frame, 0x0062000A), 0x0062000B, segment);
}

// The common instance reference: the source within its series.
void add_reference(DcmItem& data, const SourceImage& source) {
  DcmItem& series = add_item(data, 0x00081115);
  put(series, 0x0020000E, EVR_UI, source.series);
  refer(add_item(series, 0x0008114A), source);
}

void fill(DcmItem& data, const Content& content) {
  add_patient_and_study(data, content.source);
  add_series_and_equipment(data, content);
  add_image(data, content);
  add_reference(data, content.source);
  add_dimension(data, content);
  add_item(data, 0x52009229);  // the functional groups that frames share: none
  for (size_t i = 0; i < content.segments.size(); ++i) {
    const auto number = static_cast<uint16_t>(i + 1);
    add_segment(data, content.segments[i], number, content.algorithm);
    add_frame(data, number, content.source);
  }
  check(data.putAndInsertUint8Array(tag_of(pixel_data_tag, EVR_OB), content.pixels.data(),
                                    content.pixels.size()));
}

std::string bytes_of(DcmFileFormat& file) {
  constexpr size_t meta_information = 4096;  // at most
  const auto syntax = EXS_LittleEndianExplicit;
  std::string bytes(
      file.getDataset()->calcElementLength(syntax, EET_ExplicitLength) + meta_information, '\0');
  DcmOutputBufferStream stream(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  file.transferInit();
  check(file.write(stream, syntax, EET_ExplicitLength, nullptr));
  file.transferEnd();
  void* begin = nullptr;
  offile_off_t written = 0;
  stream.flushBuffer(begin, written);
  bytes.resize(static_cast<size_t>(written));
  return bytes;
}

}  // namespace

std::string encode_dicom_segmentation(std::span<const std::byte> source,
                                      std::string_view source_name,
                                      std::span<const Segment> segments,
                                      const SegmentationAlgorithm& algorithm) {
  try {
    Content content{read_source(source), segments, algorithm, {}, {}, {}};
    content.pixels = pack(segments, content.source);
    set_time(content);
    std::string bytes;
    with_dcmtk_warnings([](std::string_view) {}, [&] {  // keeps its log off stderr
      DcmFileFormat file;
      fill(*file.getDataset(), content);
      bytes = bytes_of(file);
    });
    return bytes;
  } catch (const Error& error) {
    fail("{}: {}", source_name, error.what());
  }
}

}  // namespace evax::image
