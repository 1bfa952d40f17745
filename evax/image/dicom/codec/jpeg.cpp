#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
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

// What the IJG libraries say of bytes before a marker: "... 3 extraneous bytes before marker 0xdb".
// Between the headers they are no loss; before a restart, or many before the end, they are samples
// that lost their place.
bool tells_of_stray_bytes(std::string_view warning) {
  constexpr std::string_view start = "Corrupt JPEG data: ",
                             middle = " extraneous bytes before marker 0x";
  constexpr unsigned most = 64;
  const size_t at = warning.find(start), then = warning.find(middle);
  if (at == warning.npos || then == warning.npos) return false;
  unsigned bytes = 0, marker = 0;
  const char* end = warning.data() + warning.size();
  std::from_chars(warning.data() + at + start.size(), end, bytes);
  std::from_chars(warning.data() + then + middle.size(), end, marker, 16);
  const bool restart = marker >= 0xD0 && marker < 0xD8;
  return !restart && (marker != 0xD9 || bytes <= most);
}

}  // namespace

std::vector<uint16_t> decode_jpeg(Bytes stream, const CodestreamHeader& header,
                                  std::vector<std::string>& warnings) {
  std::vector<uint16_t> samples(header.samples());
  // How the IJG libraries begin their warnings about samples that they made up. The other warnings
  // are about header fields that do not matter, e.g. a scan header that ends at coefficient 0.
  constexpr std::string_view made_up = "Corrupt JPEG data";
  OFCondition status;
  std::string loss;
  bool stray = false;
  const auto listen = [&](std::string_view warning) {
    if (tells_of_stray_bytes(warning))
      stray = true;
    else if (loss.empty() && warning.find(made_up) != warning.npos)
      loss = warning;
  };
  with_dcmtk_warnings(listen, [&] {
    if (header.precision <= 8)
      status = decode_8_bit(stream, samples);
    else if (header.precision <= 12)
      status = decode_with<DJDecompressIJG12Bit>(stream, samples);
    else
      status = decode_with<DJDecompressIJG16Bit>(stream, samples);
  });
  if (status.bad())
    fail("expected a whole JPEG stream, found a damaged or cut one ({})", status.text());
  if (!loss.empty()) fail("expected a whole JPEG stream, found a damaged or cut one ({})", loss);
  if (stray) warnings.emplace_back("the code stream has stray bytes before a marker");
  return samples;
}

}  // namespace evax::image::dicom
