#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"

namespace evax::image::dicom {
namespace {

// OpenJPEG reads through callbacks; this is the stream behind them.
struct Source {
  Bytes bytes;
  size_t at = 0;
};

OPJ_SIZE_T read_source(void* buffer, OPJ_SIZE_T size, void* data) {
  auto& source = *static_cast<Source*>(data);
  const size_t count = std::min<size_t>(size, source.bytes.size() - source.at);
  if (count == 0) return static_cast<OPJ_SIZE_T>(-1);  // the end
  std::memcpy(buffer, source.bytes.data() + source.at, count);
  source.at += count;
  return count;
}

OPJ_OFF_T skip_source(OPJ_OFF_T count, void* data) {
  auto& source = *static_cast<Source*>(data);
  if (count < 0 || static_cast<size_t>(count) > source.bytes.size() - source.at) return -1;
  source.at += static_cast<size_t>(count);
  return count;
}

OPJ_BOOL seek_source(OPJ_OFF_T position, void* data) {
  auto& source = *static_cast<Source*>(data);
  if (position < 0 || static_cast<size_t>(position) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<size_t>(position);
  return OPJ_TRUE;
}

// The first thing the library complains about. A warning means lost data as often as an error.
void keep_message(const char* message, void* data) {
  auto& kept = *static_cast<std::string*>(data);
  if (!kept.empty()) return;
  kept = message;
  while (!kept.empty() && kept.back() == '\n') kept.pop_back();
}

void ignore_message(const char*, void*) {}

template <auto destroy>
struct Deleter {
  void operator()(auto* handle) const { destroy(handle); }
};

using StreamHandle = std::unique_ptr<opj_stream_t, Deleter<opj_stream_destroy>>;
using CodecHandle = std::unique_ptr<opj_codec_t, Deleter<opj_destroy_codec>>;
using ImageHandle = std::unique_ptr<opj_image_t, Deleter<opj_image_destroy>>;

StreamHandle open_stream(Source& source) {
  StreamHandle stream(opj_stream_default_create(OPJ_TRUE));
  if (!stream) throw std::bad_alloc();
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_stream_set_read_function(stream.get(), read_source);
  opj_stream_set_skip_function(stream.get(), skip_source);
  opj_stream_set_seek_function(stream.get(), seek_source);
  return stream;
}

ImageHandle decode(Source& source, std::string& complaint) {
  const CodecHandle codec(opj_create_decompress(OPJ_CODEC_J2K));
  if (!codec) throw std::bad_alloc();
  opj_set_info_handler(codec.get(), ignore_message, nullptr);
  opj_set_warning_handler(codec.get(), keep_message, &complaint);
  opj_set_error_handler(codec.get(), keep_message, &complaint);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  const StreamHandle stream = open_stream(source);
  opj_image_t* raw = nullptr;
  const bool started = opj_setup_decoder(codec.get(), &parameters) &&
                       opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) &&
                       opj_read_header(stream.get(), codec.get(), &raw);
  ImageHandle image(raw);
  if (!started || !opj_decode(codec.get(), stream.get(), image.get())) return nullptr;
  return image;
}

}  // namespace

std::vector<uint16_t> decode_jpeg2000(Bytes stream, const CodestreamHeader& header) {
  Source source{stream};
  std::string complaint;
  const ImageHandle image = decode(source, complaint);
  if (!image || !complaint.empty())
    fail("expected a whole JPEG 2000 stream, found a damaged or cut one ({})",
         complaint.empty() ? "no reason given" : complaint);
  const opj_image_comp_t& component = image->comps[0];
  if (image->numcomps != 1 || component.data == nullptr || component.w != header.width ||
      component.h != header.height)
    fail("expected {} x {} samples from the JPEG 2000 stream, found {} x {}", header.width,
         header.height, component.w, component.h);
  const auto mask = static_cast<uint32_t>((uint64_t{1} << header.precision) - 1);
  std::vector<uint16_t> samples(header.samples());
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<uint16_t>(static_cast<uint32_t>(component.data[i]) & mask);
  return samples;
}

}  // namespace evax::image::dicom
