// Writes DICOM Segmentation objects for sources whose patient, study, UIDs and compression are the
// fuzzer's, and for masks and class names of its choice; what is written reads as DICOM again.

#include <cstdlib>

#include "evax/image/dicom/format/container.h"
#include "evax/image/dicom/format/transfer_syntax.h"
#include "evax/image/dicom/segmentation/segmentation.h"
#include "tests/fuzz/dicom_frame.h"

using namespace evax::fuzz;
using namespace evax::image;

namespace {

// Mostly a UID, else whatever text.
std::string uid(Choices& choices) {
  if (choices.rarely(8)) return choices.text(choices.byte() % 80);
  return "1.2.3." + std::to_string(choices.word());
}

std::string source_file(const Frame& frame, Choices& attributes, Choices& choices) {
  dicom::FileBuilder file;
  file.preamble(choices.one_of({dicom::uid::explicit_little_endian, dicom::uid::jpeg_baseline,
                                dicom::uid::jpeg2000, dicom::uid::jpeg_ls_near}));
  namespace tag = dicom::tag;
  for (const uint32_t element :
       {tag::sop_class, tag::sop_instance, tag::study_instance, tag::series_instance})
    file.text(element, "UI", uid(choices));
  for (const uint32_t element : tag::inherited)
    if (choices.rarely(2)) {
      const char* representation = choices.one_of({"LO", "UN", "OB"});
      file.text(element, representation, choices.text(choices.byte() % 96));
    }
  add_attributes(file, frame, attributes);
  return file.fragments({"", choices.text(choices.byte() % 64)}).bytes();
}

}  // namespace

EVAX_FUZZ_TARGET(dicom_segmentation) {
  Choices choices(input);
  const Frame frame = choose_frame(choices, 1, 16);
  Choices attributes = choices.split(16);
  const std::string source = source_file(frame, attributes, choices);

  Image mask{frame.width, frame.height, 1, {}};
  if (choices.rarely(16)) mask.width = choices.below(4);
  mask.pixels.resize(static_cast<size_t>(mask.width * mask.height));
  for (uint8_t& pixel : mask.pixels) pixel = choices.byte() & 1;
  std::vector<Segment> segments;
  for (int i = choices.below(4); i > 0; --i)
    segments.push_back({choices.rarely(2) ? choices.text(choices.byte() % 96) : "heart", &mask});
  const SegmentationAlgorithm algorithm{choices.text(16), choices.text(8), "evax"};
  read_or_refuse([&] {
    const std::string object =
        encode_dicom_segmentation(bytes_of(source), "fuzz", segments, algorithm);
    if (!dicom::open_container(bytes_of(object)).defect.empty()) std::abort();
  });
}
