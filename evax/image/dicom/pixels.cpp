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

// Moves the stored bits to the bottom and cuts off what lies above or below them.
void keep_stored_bits(std::vector<uint16_t>& values, const PixelFormat& format) {
  const int shift = format.high_bit + 1 - format.bits_stored;
  const auto mask = static_cast<uint16_t>((1U << format.bits_stored) - 1);
  for (uint16_t& value : values) value = static_cast<uint16_t>(value >> shift & mask);
}

// A code stream may have more or fewer bits than are stored.
void fit_precision(std::vector<uint16_t>& values, int precision, bool lossy,
                   const PixelFormat& format) {
  const auto most = static_cast<uint16_t>((1U << format.bits_stored) - 1);
  const bool at_bottom = format.high_bit == format.bits_stored - 1;
  if (precision <= format.bits_stored) {
    if (!format.is_signed) return;
    const unsigned sign = 1U << (precision - 1);  // the stream's top bit is the sign
    for (uint16_t& value : values) value = static_cast<uint16_t>(((value ^ sign) - sign) & most);
  } else if (lossy && !format.is_signed && at_bottom) {
    // Lossy codes overshoot; cutting the upper bits off would turn white into black.
    for (uint16_t& value : values) value = std::min(value, most);
  } else {
    keep_stored_bits(values, format);
  }
}

std::vector<uint16_t> decode(Codec codec, Bytes frame, const CodestreamHeader& header) {
  if (codec == Codec::jpeg2000) return decode_jpeg2000(frame, header);
  if (codec == Codec::jpeg_ls) return decode_jpeg_ls(frame, header);
  return decode_jpeg(frame, header);
}

std::vector<uint16_t> read_encapsulated(std::string_view transfer_syntax, const PixelData& pixels,
                                        const PixelFormat& format) {
  const Codec codec = codec_of(transfer_syntax);
  std::vector<std::byte> joined;
  const Bytes frame = first_frame(pixels, format, joined);
  if (codec == Codec::rle) {
    auto values = decode_rle(frame, format.bits_allocated / 8, format.pixels());
    keep_stored_bits(values, format);
    return values;
  }
  const CodestreamHeader header = read_header(codec, frame, format);
  std::vector<uint16_t> values = decode(codec, frame, header);
  fit_precision(values, header.precision, is_lossy(transfer_syntax), format);
  return values;
}

}  // namespace

std::vector<uint16_t> read_stored_values(const DataSet& data_set, const PixelFormat& format,
                                         std::string_view transfer_syntax,
                                         std::vector<std::string>& warnings) {
  if (codec_of(transfer_syntax) != Codec::native)
    return read_encapsulated(transfer_syntax, data_set.pixels(), format);
  const bool big_endian = encoding_of(transfer_syntax).big_endian;
  auto values = read_native(data_set.pixels(), format, big_endian, warnings);
  keep_stored_bits(values, format);
  return values;
}

}  // namespace evax::image::dicom
