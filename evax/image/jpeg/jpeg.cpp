#include "evax/image/jpeg/jpeg.h"

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>

#include "evax/core/error.h"
#include "evax/image/aspect.h"
#include "evax/image/jpeg/exif.h"
#include "evax/image/limits.h"

namespace evax::image {
namespace {

// Progressive files may repeat scans over the whole picture at next to no cost in bytes. Ordinary
// ones have 10 or so; libjpeg-turbo's advice is to stop at 500.
constexpr int max_scans = 500;
constexpr uint64_t max_scanned_pixels = 10'000'000'000;

// libjpeg reports an error by a call that must not return. Every function below that calls into it
// sets the place to jump to, and has no object with a destructor that a jump would skip.
class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { self(info)->stop(); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) self(info)->take_warning();
    };
    errors_.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = [](j_common_ptr info) { self(info)->check_scans(); };
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  bool read_header(std::span<const std::byte> bytes) {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool decode(uint8_t* pixels, J_COLOR_SPACE colors) {
    if (setjmp(jump_) != 0) return false;
    info_.out_color_space = colors;
    jpeg_start_decompress(&info_);
    const size_t row_bytes = static_cast<size_t>(info_.output_width) * info_.output_components;
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * row_bytes;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    const bool complete = has_all_data();
    jpeg_finish_decompress(&info_);
    if (no_end_marker_ && !complete) stop(JWRN_JPEG_EOF);
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  const char* message() const { return message_; }

  // What is odd about the file though nothing of the picture is lost.
  void add_notes(std::vector<std::string>& notes) const {
    if (no_end_marker_)
      notes.emplace_back("the file lacks its JPEG end marker; its pixels are complete");
    if (stray_bytes_ > 0)
      notes.push_back(
          fmt::format("the file has {} stray bytes before a JPEG marker", stray_bytes_));
    if (info_.saw_JFIF_marker) warn_about_aspect(info_.X_density, info_.Y_density, notes);
  }

  // What the coefficients take that libjpeg keeps until all scans are read.
  uint64_t coefficient_bytes() {
    if (!jpeg_has_multiple_scans(&info_)) return 0;
    uint64_t blocks = 0;
    for (int i = 0; i < info_.num_components; ++i) {
      const jpeg_component_info& component = info_.comp_info[i];
      blocks += uint64_t{component.width_in_blocks} * component.height_in_blocks;
    }
    return blocks * DCTSIZE2 * sizeof(JCOEF);
  }

 private:
  static Decompressor* self(j_common_ptr info) {
    return static_cast<Decompressor*>(info->client_data);
  }

  // libjpeg warns and goes on, often with made-up pixels: then this is an error.
  void take_warning() {
    switch (errors_.msg_code) {
      case JWRN_JFIF_MAJOR:
      case JWRN_ADOBE_XFORM: return;  // the pixels do not depend on these fields of the header
      case JWRN_JPEG_EOF: no_end_marker_ = true; return;  // has_all_data decides
      case JWRN_EXTRANEOUS_DATA:
        if (!is_stray(errors_.msg_parm.i[0], errors_.msg_parm.i[1])) stop();
        stray_bytes_ += errors_.msg_parm.i[0];
        return;
      default: stop(no_end_marker_ ? JWRN_JPEG_EOF : errors_.msg_code);
    }
  }

  // Whether bytes before a marker can be no part of the picture: those between the headers, and a
  // few behind a scan. Many there, or before a restart, are coded pixels that lost their place.
  bool is_stray(int bytes, int marker) const {
    constexpr int most = 64;
    const bool restart = marker >= JPEG_RST0 && marker < JPEG_RST0 + 8;
    return !restart && (info_.input_scan_number == 0 || bytes <= most);
  }

  // Whether a file that ended early had come to its last pixel. One scan that lacks data is an
  // error of its own, but a scan that is missing is none, nor is any arithmetic code too short.
  bool has_all_data() {
    if (info_.arith_code) return false;
    if (!jpeg_has_multiple_scans(&info_)) return true;
    if (!info_.progressive_mode) return false;
    for (int i = 0; i < info_.num_components; ++i)
      for (int k = 0; k < DCTSIZE2; ++k)
        if (info_.coef_bits[i][k] != 0) return false;  // a coefficient lacks its low bits
    return true;
  }

  [[noreturn]] void stop(int code) {
    errors_.msg_code = code;
    stop();
  }

  [[noreturn]] void stop() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
    std::longjmp(jump_, 1);
  }

  void check_scans() {
    const uint64_t pixels = uint64_t{info_.image_width} * info_.image_height;
    const int scans = info_.input_scan_number;
    if (scans <= max_scans && static_cast<uint64_t>(scans) * pixels <= max_scanned_pixels) return;
    std::snprintf(message_, sizeof message_, "more than %d scans", scans - 1);
    std::longjmp(jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX]{};
  bool no_end_marker_ = false;
  int stray_bytes_ = 0;
};

void check_colors(const jpeg_decompress_struct& info, std::string_view name) {
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK)
    fail("{}: expected a grey or RGB JPEG, found one in CMYK", name);
  if (info.num_components != 1 && info.num_components != 3)
    fail("{}: expected a grey or RGB JPEG, found {} components", name, info.num_components);
}

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && std::memcmp(bytes.data(), "\xFF\xD8\xFF", 3) == 0;
}

Radiograph decode_jpeg(std::span<const std::byte> bytes, std::string_view name) {
  Decompressor jpeg;
  if (!jpeg.read_header(bytes)) fail("{}: expected a sound JPEG, found: {}", name, jpeg.message());
  const jpeg_decompress_struct& info = jpeg.info();
  check_colors(info, name);
  check_pixels(name, info.image_width, info.image_height);
  const int channels = info.num_components;
  const size_t pixel_bytes =
      size_t{info.image_width} * info.image_height * static_cast<size_t>(channels);
  const int orientation = exif_orientation(bytes);
  const MemoryReservation memory = reserve_memory(
      name, bytes.size() + pixel_bytes +
                std::max<uint64_t>(jpeg.coefficient_bytes(), orientation == 1 ? 0 : pixel_bytes));

  Radiograph radiograph;
  radiograph.image = {static_cast<int>(info.image_width), static_cast<int>(info.image_height),
                      channels, std::vector<uint8_t>(pixel_bytes)};
  if (!jpeg.decode(radiograph.image.pixels.data(), channels == 1 ? JCS_GRAYSCALE : JCS_RGB))
    fail("{}: expected a sound JPEG, found: {}", name, jpeg.message());
  radiograph.image = upright(std::move(radiograph.image), orientation);
  radiograph.info.format = "JPEG";
  radiograph.info.bits = info.data_precision;
  jpeg.add_notes(radiograph.info.warnings);
  return radiograph;
}

}  // namespace evax::image
