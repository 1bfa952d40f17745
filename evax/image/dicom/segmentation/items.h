#pragma once

// Writing DCMTK's items with the value representation named, so that no dictionary file is needed.

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <string>

#include "evax/image/dicom/segmentation/codes.h"

namespace evax::image::dicom {

inline DcmTag tag_of(uint32_t tag, DcmEVR vr) {
  return {static_cast<uint16_t>(tag >> 16), static_cast<uint16_t>(tag & 0xFFFF), DcmVR(vr)};
}

/// Throws Error: DCMTK could not do it.
void check(const OFCondition& condition);

void put(DcmItem& item, uint32_t tag, DcmEVR vr, const std::string& text);
void put(DcmItem& item, uint32_t tag, uint16_t number);       // US
void put_long(DcmItem& item, uint32_t tag, uint32_t number);  // UL
void put_tag(DcmItem& item, uint32_t tag, uint32_t value);    // AT
void put_code(DcmItem& item, uint32_t sequence, const Code& code);

/// A new item at the end of a sequence, which is made where it is missing; the caller's `item` owns
/// it.
DcmItem& add_item(DcmItem& item, uint32_t sequence);

}  // namespace evax::image::dicom
