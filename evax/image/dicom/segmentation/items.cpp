#include "evax/image/dicom/segmentation/items.h"

#include "evax/core/error.h"

namespace evax::image::dicom {

void check(const OFCondition& condition) {
  if (condition.bad()) fail("DCMTK cannot write the segmentation: {}", condition.text());
}

void put(DcmItem& item, uint32_t tag, DcmEVR vr, const std::string& text) {
  check(item.putAndInsertString(tag_of(tag, vr), text.c_str()));
}

void put(DcmItem& item, uint32_t tag, uint16_t number) {
  check(item.putAndInsertUint16(tag_of(tag, EVR_US), number));
}

void put_long(DcmItem& item, uint32_t tag, uint32_t number) {
  check(item.putAndInsertUint32(tag_of(tag, EVR_UL), number));
}

void put_tag(DcmItem& item, uint32_t tag, uint32_t value) {
  check(item.putAndInsertTagKey(tag_of(tag, EVR_AT), tag_of(value, EVR_UN)));
}

void put_code(DcmItem& item, uint32_t sequence, const Code& code) {
  DcmItem& entry = add_item(item, sequence);
  put(entry, 0x00080100, EVR_SH, code.value);
  put(entry, 0x00080102, EVR_SH, code.scheme);
  put(entry, 0x00080104, EVR_LO, code.meaning);
}

DcmItem& add_item(DcmItem& item, uint32_t sequence) {
  constexpr long append = -2;
  DcmItem* added = nullptr;
  check(item.findOrCreateSequenceItem(tag_of(sequence, EVR_SQ), added, append));
  return *added;
}

}  // namespace evax::image::dicom
