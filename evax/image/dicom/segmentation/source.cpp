#include "evax/image/dicom/segmentation/source.h"

#include "evax/core/error.h"
#include "evax/image/dicom/format/container.h"
#include "evax/image/dicom/format/transfer_syntax.h"
#include "evax/image/dicom/pixels.h"

namespace evax::image::dicom {
namespace {

std::string uid_at(const DataSet& data_set, uint32_t tag, const char* name) {
  constexpr size_t longest = 64;  // PS3.5 section 9.1
  const std::string uid = data_set.text(tag);
  const bool sound = !uid.empty() && uid.size() <= longest &&
                     uid.find_first_not_of("0123456789.") == std::string::npos;
  if (!sound)
    fail("expected a {} to refer to, found {}", name,
         uid.empty() ? "none" : "one that is not a UID");
  return uid;
}

const char* method_of(Codec codec) {  // PS3.3 C.7.6.1.1.5.1
  switch (codec) {
    case Codec::jpeg: return "ISO_10918_1";
    case Codec::jpeg_ls: return "ISO_14495_1";
    case Codec::jpeg2000: return "ISO_15444_1";
    default: return "";
  }
}

// Lossy compression as the file states it; what it leaves out its transfer syntax tells.
void complete_compression(SourceImage& source, const Container& container,
                          const PixelFormat& format) {
  std::string& lossy = source.inherited[tag::lossy_compression];
  if (lossy.empty()) lossy = is_lossy(container.transfer_syntax) ? "01" : "00";
  if (lossy != "01" || !is_lossy(container.transfer_syntax)) return;
  std::string& method = source.inherited[tag::lossy_method];
  if (method.empty()) method = method_of(codec_of(container.transfer_syntax));
  size_t compressed = 0;
  for (const Bytes item : container.data_set.pixels().items) compressed += item.size();
  std::string& ratio = source.inherited[tag::lossy_ratio];
  if (ratio.empty() && compressed > 0)
    ratio = fmt::format("{:.3f}", static_cast<double>(format.frame_bytes()) *
                                      static_cast<double>(format.frames) /
                                      static_cast<double>(compressed));
}

}  // namespace

SourceImage read_source(Bytes file) {
  const Container container = open_container(file);
  const DataSet& data_set = container.data_set;
  const PixelFormat format = read_pixel_format(data_set);
  SourceImage source;
  source.sop_class = uid_at(data_set, tag::sop_class, "SOP Class UID");
  source.sop_instance = uid_at(data_set, tag::sop_instance, "SOP Instance UID");
  source.study = uid_at(data_set, tag::study_instance, "Study Instance UID");
  source.series = uid_at(data_set, tag::series_instance, "Series Instance UID");
  source.rows = format.rows;
  source.columns = format.columns;
  source.frames = format.frames;
  for (const uint32_t tag : tag::inherited) source.inherited[tag] = data_set.text(tag);
  complete_compression(source, container, format);
  return source;
}

}  // namespace evax::image::dicom
