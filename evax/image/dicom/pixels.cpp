#include "evax/image/dicom/pixels.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"
#include "evax/image/dicom/format/transfer_syntax.h"

namespace evax::image::dicom {
namespace {

std::vector<uint16_t> read_native(const PixelData& pixels, const PixelFormat& format,
                                  bool big_endian, std::vector<std::string>& warnings) {
  if (pixels.encapsulated)
    fail("expected native PixelData as the transfer syntax says, found fragments");
  const size_t frame = format.frame_bytes();
  const Bytes bytes = pixels.native;
  if (bytes.size() / frame < static_cast<uint64_t>(format.frames))
    fail("expected {} bytes of PixelData in each of {} frames of {} x {}, found {} bytes", frame,
         format.frames, format.columns, format.rows, bytes.size());
  const size_t surplus = bytes.size() - frame * static_cast<size_t>(format.frames);
  if (surplus > 1)  // one byte makes the length even
    warnings.push_back(
        fmt::format("PixelData has {} bytes more than Rows and Columns say", surplus));

  std::vector<uint16_t> values(format.pixels());
  if (format.bits_allocated == 16) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = u16(bytes, 2 * i, big_endian);
    return values;
  }
  // Bytes in 16-bit words change places with the byte order (PS3.5 8.1.1).
  const bool swapped = big_endian && pixels.vr == vr_code('O', 'W');
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t at = swapped ? i ^ 1 : i;
    if (at >= bytes.size()) fail("expected whole 16-bit words of PixelData, found half of one");
    values[i] = u8(bytes, at);
  }
  return values;
}

// A code stream larger than its picture is nonsense, and the libraries copy it.
void check_compressed_size(size_t size, const PixelFormat& format) {
  constexpr size_t slack = size_t{64} << 10, largest = size_t{160} << 20;
  const size_t most = std::min(format.frame_bytes() + format.frame_bytes() / 8 + slack, largest);
  if (size > most)
    fail("expected at most {} bytes of compressed PixelData for {} x {}, found {}", most,
         format.columns, format.rows, size);
}

// The bytes of the first frame: a view, or a copy in `joined` when it comes in several fragments.
Bytes first_frame(const PixelData& pixels, const PixelFormat& format,
                  std::vector<std::byte>& joined) {
  if (!pixels.encapsulated)
    fail("expected PixelData in fragments as the transfer syntax says, found {} native bytes",
         pixels.native.size());
  const size_t fragments = pixels.items.empty() ? 0 : pixels.items.size() - 1;
  if (fragments < static_cast<uint64_t>(format.frames))
    fail("expected at least {} fragments of PixelData, found {}", format.frames, fragments);
  const std::span all = std::span(pixels.items).subspan(1);

  size_t used = fragments;
  if (static_cast<uint64_t>(format.frames) == fragments) {
    used = 1;
  } else if (format.frames > 1) {
    // Offsets count from the first fragment's item header (PS3.5 A.4).
    const Bytes table = pixels.items[0];
    if (table.size() / 4 != static_cast<uint64_t>(format.frames))
      fail("expected a basic offset table of {} frames for {} fragments, found one of {} bytes",
           format.frames, fragments, table.size());
    const size_t second = u32(table, 4, false);
    constexpr size_t item_header = 8;
    size_t offset = 0;
    for (used = 0; used < fragments && offset < second; ++used)
      offset += item_header + all[used].size();
    if (offset != second || used == 0)
      fail("expected the second frame at a fragment's start, found offset {}", second);
  }

  size_t size = 0;
  for (const Bytes fragment : all.first(used)) size += fragment.size();
  check_compressed_size(size, format);
  if (used == 1) return all[0];
  joined.reserve(size);
  for (const Bytes fragment : all.first(used))
    joined.insert(joined.end(), fragment.begin(), fragment.end());
  return joined;
}

void check_header(const CodestreamHeader& header, const PixelFormat& format) {
  if (header.width != static_cast<uint32_t>(format.columns) ||
      header.height != static_cast<uint32_t>(format.rows) || header.components != 1)
    fail("expected a code stream of {} x {} with 1 component, found {} x {} with {}",
         format.columns, format.rows, header.width, header.height, header.components);
  if (header.precision < 1 || header.precision > format.bits_allocated)
    fail("expected a code stream of at most {} bits, found {}", format.bits_allocated,
         header.precision);
}

CodestreamHeader read_header(Codec codec, Bytes frame, const PixelFormat& format) {
  const CodestreamHeader header =
      codec == Codec::jpeg2000 ? read_jpeg2000_header(frame) : read_jpeg_header(frame);
  check_header(header, format);
  const int process = header.process;
  const bool fits =
      codec == Codec::jpeg2000 ||
      (codec == Codec::jpeg &&
       ((process == sof_baseline && header.precision == 8) ||
        (process == sof_extended && (header.precision == 8 || header.precision == 12)))) ||
      (codec == Codec::jpeg_lossless && process == sof_lossless && header.precision >= 2) ||
      (codec == Codec::jpeg_ls && process == sof_jpeg_ls && header.precision >= 2);
  if (!fits)
    fail("expected the JPEG process of the transfer syntax, found SOF marker {:02x} of {} bits",
         process, header.precision);
  return header;
}

// Samples as a decoder or the file gives them: `bits` wide each.
struct Samples {
  std::vector<uint16_t> values;
  int bits = 0;
  bool from_code_stream = false;  // whose header says `bits`
};

Samples decode(Codec codec, Bytes frame, const PixelFormat& format,
               std::vector<std::string>& warnings) {
  if (codec == Codec::rle)
    return {decode_rle(frame, format.bits_allocated / 8, format.pixels()), format.bits_allocated,
            false};
  std::vector<std::byte> copy;
  if (codec == Codec::jpeg2000) frame = jpeg2000_stream(frame, warnings);
  const EndMarker end = with_end_marker(frame, copy);
  const CodestreamHeader header = read_header(codec, end.stream, format);
  if (end.was_missing && header.has_open_end)
    fail("expected a JPEG 2000 stream with an end marker, found none behind a tile of open length");
  if (end.was_missing)
    warnings.emplace_back("the code stream lacks its end marker; its pixels are complete");
  if (codec == Codec::jpeg2000)
    return {decode_jpeg2000(end.stream, header), header.precision, true};
  if (codec == Codec::jpeg_ls) return {decode_jpeg_ls(end.stream, header), header.precision, true};
  return {decode_jpeg(end.stream, header, warnings), header.precision, true};
}

// The gate between all decoders and what indexes with their samples.
void check_samples(const Samples& samples, const PixelFormat& format) {
  if (samples.values.size() != format.pixels())
    fail("expected {} samples of PixelData, found {}", format.pixels(), samples.values.size());
  uint32_t all = 0;
  for (const uint16_t value : samples.values) all |= value;
  if (samples.bits < 16 && all >> samples.bits != 0)
    fail("expected samples of {} bits from the code stream, found {}", samples.bits,
         *std::max_element(samples.values.begin(), samples.values.end()));
}

// The number that the low `bits` of a sample stand for.
int as_number(uint16_t sample, int bits, bool is_signed) {
  const int value = sample & ((1 << bits) - 1);
  return is_signed && value >> (bits - 1) != 0 ? value - (1 << bits) : value;
}

// Moves the stored bits to the bottom and cuts off what lies above or below them.
void keep_stored_bits(std::vector<uint16_t>& values, const PixelFormat& format) {
  const int shift = format.high_bit + 1 - format.bits_stored;
  const auto mask = static_cast<uint16_t>((1U << format.bits_stored) - 1);
  for (uint16_t& value : values) value = static_cast<uint16_t>(value >> shift & mask);
}

// Overlays are announced; other bits up there are values that the header does not know.
void warn_about_cut_bits(const std::vector<uint16_t>& values, const PixelFormat& format,
                         std::vector<std::string>& warnings) {
  if (format.is_signed || format.has_overlay_bits || format.high_bit == 15) return;
  uint32_t all = 0;
  for (const uint16_t value : values) all |= value;
  if (all >> (format.high_bit + 1) != 0)
    warnings.push_back(fmt::format(
        "PixelData has bits above the {} that are stored; they are cut off", format.bits_stored));
}

// A code stream may have more or fewer bits than are stored.
void fit_precision(Samples& samples, bool lossy, PixelFormat& format,
                   std::vector<std::string>& warnings) {
  const bool at_bottom = format.high_bit == format.bits_stored - 1;
  const bool wider = samples.bits > format.bits_stored;
  if (wider && (format.has_overlay_bits || (!at_bottom && samples.bits == format.high_bit + 1)))
    return keep_stored_bits(samples.values, format);
  const auto number = [&](uint16_t sample) {
    return as_number(sample, samples.bits, format.is_signed);
  };
  const int range = 1 << format.bits_stored;
  const int low = format.is_signed ? -range / 2 : 0, high = low + range - 1;
  if (wider) {
    int least = high, most = low;
    for (const uint16_t sample : samples.values) {
      least = std::min(least, number(sample));
      most = std::max(most, number(sample));
    }
    const int overshoot = lossy ? range / 8 : 0;  // of lossy codes; cut off below
    if (least < low - overshoot || most > high + overshoot) {
      warnings.push_back(
          fmt::format("the header states {} bits stored; the code stream has {} and uses them",
                      format.bits_stored, samples.bits));
      format.bits_stored = samples.bits;
      format.high_bit = samples.bits - 1;
      return;
    }
  }
  for (uint16_t& sample : samples.values)
    sample = static_cast<uint16_t>(std::clamp(number(sample), low, high) & (range - 1));
}

}  // namespace

std::vector<uint16_t> read_stored_values(const DataSet& data_set, PixelFormat& format,
                                         std::string_view transfer_syntax,
                                         std::vector<std::string>& warnings) {
  const Codec codec = codec_of(transfer_syntax);
  Samples samples;
  if (codec == Codec::native) {
    const bool big_endian = encoding_of(transfer_syntax).big_endian;
    samples = {read_native(data_set.pixels(), format, big_endian, warnings), format.bits_allocated};
  } else {
    std::vector<std::byte> joined;
    samples = decode(codec, first_frame(data_set.pixels(), format, joined), format, warnings);
  }
  check_samples(samples, format);
  if (samples.from_code_stream) {
    fit_precision(samples, is_lossy(transfer_syntax), format, warnings);
  } else {
    warn_about_cut_bits(samples.values, format, warnings);
    keep_stored_bits(samples.values, format);
  }
  return std::move(samples.values);
}

}  // namespace evax::image::dicom
