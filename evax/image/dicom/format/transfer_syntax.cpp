#include "evax/image/dicom/format/transfer_syntax.h"

#include "evax/core/error.h"

namespace evax::image::dicom {

Codec codec_of(std::string_view transfer_syntax) {
  struct Known {
    std::string_view uid;
    Codec codec;
  };
  static constexpr Known table[] = {
      {uid::implicit_little_endian, Codec::native},
      {uid::explicit_little_endian, Codec::native},
      {uid::deflated, Codec::native},
      {uid::explicit_big_endian, Codec::native},
      {uid::rle, Codec::rle},
      {uid::jpeg_baseline, Codec::jpeg},
      {uid::jpeg_extended, Codec::jpeg},
      {uid::jpeg_lossless, Codec::jpeg_lossless},
      {uid::jpeg_lossless_sv1, Codec::jpeg_lossless},
      {uid::jpeg_ls, Codec::jpeg_ls},
      {uid::jpeg_ls_near, Codec::jpeg_ls},
      {uid::jpeg2000_lossless, Codec::jpeg2000},
      {uid::jpeg2000, Codec::jpeg2000},
  };
  for (const Known& known : table)
    if (known.uid == transfer_syntax) return known.codec;
  fail(
      "expected a transfer syntax of DICOM images (native, deflated, RLE, JPEG, JPEG-LS or JPEG "
      "2000), found '{}'",
      printable(transfer_syntax, 64));
}

bool is_lossy(std::string_view transfer_syntax) {
  return transfer_syntax == uid::jpeg_baseline || transfer_syntax == uid::jpeg_extended ||
         transfer_syntax == uid::jpeg_ls_near || transfer_syntax == uid::jpeg2000;
}

Encoding encoding_of(std::string_view transfer_syntax) {
  return {transfer_syntax != uid::implicit_little_endian,
          transfer_syntax == uid::explicit_big_endian};
}

}  // namespace evax::image::dicom
