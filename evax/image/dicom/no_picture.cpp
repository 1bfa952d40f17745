#include "evax/image/dicom/no_picture.h"

#include <array>
#include <string>

#include "evax/core/error.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/format/container.h"

namespace evax::image {
namespace {

struct ObjectClass {
  std::string_view uid;  // or what those of a family begin with, or a modality
  std::string_view what;
};

constexpr std::string_view standard = "1.2.840.10008.";
constexpr std::string_view storage = "1.2.840.10008.5.1.4.1.1.";
constexpr std::string_view rt_image = "1.2.840.10008.5.1.4.1.1.481.1";

// Below `storage`. 66 alone is raw data; 66.1 to 66.8 are registrations, fiducials, segmentations
// and tracks.
constexpr std::array families{
    ObjectClass{"4.2", "an MR spectrum"},
    ObjectClass{"9.", "a waveform"},
    ObjectClass{"11.", "a presentation state"},
    ObjectClass{"34.", "a radiotherapy instruction"},
    ObjectClass{"66.4", "a segmentation"},
    ObjectClass{"66.5", "a segmentation"},
    ObjectClass{"66", "raw data or a registration"},
    ObjectClass{"67", "a real world value mapping"},
    ObjectClass{"68.", "a surface"},
    ObjectClass{"78.", "a measurement"},
    ObjectClass{"79.", "a report"},
    ObjectClass{"80.", "a report"},
    ObjectClass{"88.59", "a key object selection"},
    ObjectClass{"88.", "a structured report"},
    ObjectClass{"104.", "an encapsulated document"},
    ObjectClass{"200.", "a protocol"},
    ObjectClass{"481.", "a radiotherapy object"},
};

constexpr std::array others{
    ObjectClass{"1.2.840.10008.1.3.10", "a DICOMDIR"},
    ObjectClass{"1.2.840.10008.5.1.4.38.", "a hanging protocol"},
    ObjectClass{"1.2.840.10008.5.1.4.39.", "a colour palette"},
    ObjectClass{"1.2.840.10008.5.1.4.43.", "an implant template"},
    ObjectClass{"1.2.840.10008.5.1.4.44.", "an implant template"},
    ObjectClass{"1.2.840.10008.5.1.4.45.", "an implant template"},
};

// Modalities that never are pictures (PS3.3 C.7.3.1.1.1).
constexpr std::array modalities{
    ObjectClass{"AU", "a waveform"},
    ObjectClass{"DOC", "an encapsulated document"},
    ObjectClass{"ECG", "a waveform"},
    ObjectClass{"EPS", "a waveform"},
    ObjectClass{"FID", "raw data or a registration"},
    ObjectClass{"HD", "a waveform"},
    ObjectClass{"KO", "a key object selection"},
    ObjectClass{"PLAN", "a radiotherapy object"},
    ObjectClass{"PR", "a presentation state"},
    ObjectClass{"REG", "raw data or a registration"},
    ObjectClass{"RTDOSE", "a radiotherapy object"},
    ObjectClass{"RTPLAN", "a radiotherapy object"},
    ObjectClass{"RTRECORD", "a radiotherapy object"},
    ObjectClass{"RTSTRUCT", "a radiotherapy object"},
    ObjectClass{"RWV", "a real world value mapping"},
    ObjectClass{"SEG", "a segmentation"},
    ObjectClass{"SR", "a structured report"},
};

// "66" is itself and "66.1", never "660"; "66." is what is below alone.
bool is_of(std::string_view uid, std::string_view family) {
  if (!uid.starts_with(family)) return false;
  return family.ends_with('.') || uid.size() == family.size() || uid[family.size()] == '.';
}

}  // namespace

std::string_view no_picture(std::span<const std::byte> head) {
  if (!is_dicom(head)) return {};
  // A cut file is a defect to the container, which keeps what comes before.
  const dicom::DataSet data_set = dicom::open_container(head).data_set;
  std::string uid = data_set.text(dicom::tag::media_sop_class);
  if (uid.empty()) uid = data_set.text(dicom::tag::sop_class);
  if (!uid.starts_with(standard)) {
    const std::string modality = data_set.text(dicom::tag::modality);
    for (const ObjectClass& object : modalities)
      if (modality == object.uid) return object.what;
    return {};
  }
  if (uid == rt_image) return {};
  for (const ObjectClass& other : others)
    if (is_of(uid, other.uid)) return other.what;
  if (!uid.starts_with(storage)) return {};
  for (const ObjectClass& family : families)
    if (is_of(std::string_view(uid).substr(storage.size()), family.uid)) return family.what;
  return {};
}

}  // namespace evax::image
