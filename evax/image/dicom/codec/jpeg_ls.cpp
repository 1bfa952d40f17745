#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcvrcs.h>
#include <dcmtk/dcmdata/dcvris.h>
#include <dcmtk/dcmdata/dcvrus.h>
#include <dcmtk/dcmjpls/djcodecd.h>
#include <dcmtk/dcmjpls/djcparam.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"
#include "evax/image/dicom/codec/dcmtk_log.h"

namespace evax::image::dicom {
namespace {

// Tags are built with their VR so that DCMTK's data dictionary is never loaded.
void put(DcmItem& item, const DcmTagKey& key, uint16_t value) {
  auto element = std::make_unique<DcmUnsignedShort>(DcmTag(key, DcmVR(EVR_US)));
  element->putUint16(value, 0);
  item.insert(element.release());
}

// DCMTK's codec interface takes a data set: the least one that describes the stream.
OFCondition decode_frame(Bytes stream, const CodestreamHeader& header, void* out,
                         size_t out_bytes) {
  DcmItem item;
  put(item, DCM_SamplesPerPixel, 1);
  put(item, DCM_Rows, static_cast<uint16_t>(header.height));
  put(item, DCM_Columns, static_cast<uint16_t>(header.width));
  put(item, DCM_BitsAllocated, header.precision > 8 ? 16 : 8);
  put(item, DCM_BitsStored, static_cast<uint16_t>(header.precision));
  auto photometric =
      std::make_unique<DcmCodeString>(DcmTag(DCM_PhotometricInterpretation, DcmVR(EVR_CS)));
  photometric->putString("MONOCHROME2");
  item.insert(photometric.release());

  const DcmTag pixel_tag(DCM_PixelData, DcmVR(EVR_OB));
  DcmPixelSequence sequence(pixel_tag);
  const DcmTag fragment_tag(DCM_PixelItemTag, DcmVR(EVR_OB));
  auto table = std::make_unique<DcmPixelItem>(fragment_tag);
  sequence.insert(table.release());
  auto fragment = std::make_unique<DcmPixelItem>(fragment_tag);
  // CharLS 1 looks one byte past the end of a stream without end marker, but never past a marker:
  // one more marker keeps it inside. The size is even, as that of all DICOM values.
  const size_t marked_size = stream.size() + 2;
  const size_t even_size = marked_size + marked_size % 2;
  Uint8* bytes = nullptr;
  if (fragment->createUint8Array(static_cast<Uint32>(even_size), bytes).bad() || bytes == nullptr)
    throw std::bad_alloc();
  std::memcpy(bytes, stream.data(), stream.size());
  bytes[even_size - 1] = 0;
  bytes[stream.size()] = 0xFF;
  bytes[stream.size() + 1] = 0xD9;
  sequence.insert(fragment.release());

  const DJLSCodecParameter parameters;
  Uint32 next_fragment = 1;
  OFString color_model;
  return DJLSLosslessDecoder().decodeFrame(nullptr, &sequence, &parameters, &item, 0, next_fragment,
                                           out, static_cast<Uint32>(out_bytes), color_model);
}

}  // namespace

std::vector<uint16_t> decode_jpeg_ls(Bytes stream, const CodestreamHeader& header) {
  std::vector<uint16_t> samples(header.samples());
  OFCondition status;
  dcmtk_warning("", [&] {
    if (header.precision > 8) {
      status = decode_frame(stream, header, samples.data(), 2 * samples.size());
      return;
    }
    std::vector<uint8_t> narrow(samples.size() + samples.size() % 2);
    status = decode_frame(stream, header, narrow.data(), narrow.size());
    std::copy_n(narrow.begin(), samples.size(), samples.begin());
  });
  if (status.bad())
    fail("expected a whole JPEG-LS stream, found a damaged or cut one ({})", status.text());
  return samples;
}

}  // namespace evax::image::dicom
