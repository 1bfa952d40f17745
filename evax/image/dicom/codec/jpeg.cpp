#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include <algorithm>
#include <string>
#include <vector>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"
#include "evax/image/dicom/codec/dcmtk_log.h"

namespace evax::image::dicom {
namespace {

// The IJG libraries come in three builds, by the widest sample each can hold.
template <typename Decoder, typename Sample>
OFCondition decode_with(Bytes stream, std::vector<Sample>& samples) {
  const DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_colorByPixel);
  Decoder decoder(parameters, OFFalse);
  const OFCondition ready = decoder.init();
  if (ready.bad()) return ready;
  auto* input = const_cast<Uint8*>(reinterpret_cast<const Uint8*>(stream.data()));  // only read
  return decoder.decode(input, static_cast<Uint32>(stream.size()),
                        reinterpret_cast<Uint8*>(samples.data()),
                        static_cast<Uint32>(samples.size() * sizeof(Sample)), OFFalse);
}

OFCondition decode_8_bit(Bytes stream, std::vector<uint16_t>& samples) {
  std::vector<uint8_t> narrow(samples.size());
  const OFCondition status = decode_with<DJDecompressIJG8Bit>(stream, narrow);
  std::copy(narrow.begin(), narrow.end(), samples.begin());
  return status;
}

}  // namespace

std::vector<uint16_t> decode_jpeg(Bytes stream, const CodestreamHeader& header) {
  std::vector<uint16_t> samples(header.samples());
  // How the IJG libraries begin their warnings about samples that they made up. The other warnings
  // are about header fields that do not matter, e.g. a scan header that ends at coefficient 0.
  constexpr std::string_view made_up = "Corrupt JPEG data";
  OFCondition status;
  const std::string warning = dcmtk_warning(made_up, [&] {
    if (header.precision <= 8)
      status = decode_8_bit(stream, samples);
    else if (header.precision <= 12)
      status = decode_with<DJDecompressIJG12Bit>(stream, samples);
    else
      status = decode_with<DJDecompressIJG16Bit>(stream, samples);
  });
  if (status.bad())
    fail("expected a whole JPEG stream, found a damaged or cut one ({})", status.text());
  if (!warning.empty())
    fail("expected a whole JPEG stream, found a damaged or cut one ({})", warning);
  return samples;
}

}  // namespace evax::image::dicom
