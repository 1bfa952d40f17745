#pragma once

#include <string_view>

#include "evax/image/dicom/format/walker.h"

namespace evax::image::dicom {

/// The transfer syntaxes this reader knows (PS3.6 annex A).
namespace uid {
inline constexpr std::string_view implicit_little_endian = "1.2.840.10008.1.2";
inline constexpr std::string_view explicit_little_endian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view deflated = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view explicit_big_endian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view rle = "1.2.840.10008.1.2.5";
inline constexpr std::string_view jpeg_baseline = "1.2.840.10008.1.2.4.50";
inline constexpr std::string_view jpeg_extended = "1.2.840.10008.1.2.4.51";
inline constexpr std::string_view jpeg_lossless = "1.2.840.10008.1.2.4.57";
inline constexpr std::string_view jpeg_lossless_sv1 = "1.2.840.10008.1.2.4.70";
inline constexpr std::string_view jpeg_ls = "1.2.840.10008.1.2.4.80";
inline constexpr std::string_view jpeg_ls_near = "1.2.840.10008.1.2.4.81";
inline constexpr std::string_view jpeg2000_lossless = "1.2.840.10008.1.2.4.90";
inline constexpr std::string_view jpeg2000 = "1.2.840.10008.1.2.4.91";
}  // namespace uid

enum class Codec { native, rle, jpeg, jpeg_lossless, jpeg_ls, jpeg2000 };

/// How the pixels are coded. Throws Error naming an unknown transfer syntax.
Codec codec_of(std::string_view transfer_syntax);

/// Whether the pixels may differ from those that were coded.
bool is_lossy(std::string_view transfer_syntax);

/// How the data set is written: all but two are explicit little endian (PS3.5 annex A).
Encoding encoding_of(std::string_view transfer_syntax);

}  // namespace evax::image::dicom
