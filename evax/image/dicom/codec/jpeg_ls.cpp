// JPEG-LS (ITU-T T.87) of one component, decoded here: both libraries at hand, DCMTK's CharLS 1 and
// Debian's CharLS 2.4.1, are built with assertions that valid presets (RESET) and crafted streams
// reach, and an assertion ends the process. Code segments are those of T.87 annex A.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <vector>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"
#include "evax/image/dicom/codec/jpeg_ls_bits.h"
#include "evax/image/dicom/codec/jpeg_ls_parameters.h"

namespace evax::image::dicom {
namespace {

[[noreturn]] void fail_damaged() {
  fail("expected a whole JPEG-LS stream, found a damaged or cut one");
}

// What is known of the errors in one context. Errors are bounded and N is small: nothing overflows.
struct Context {
  int64_t a = 0;  // sum of their magnitudes
  int64_t b = 0;  // sum of them, for the bias
  int64_t n = 1;
  int c = 0;             // correction of the prediction
  int64_t negative = 0;  // of run interruptions: how many were below 0

  void halve() {
    a >>= 1;
    b >>= 1;
    n >>= 1;
    negative >>= 1;
  }
};

// The least k with n * 2^k at or above the sum (A.10).
int golomb_parameter(int64_t n, int64_t sum) {
  const auto width = [](int64_t value) {
    return static_cast<int>(std::bit_width(static_cast<uint64_t>(value)));
  };
  const int k = std::max(width(sum) - width(n), 0);
  return n << k < sum ? k + 1 : k;
}

class Decoder {
 public:
  Decoder(const JpegLsParameters& parameters, Bytes scan, size_t width)
      : p_(parameters), bits_(scan), width_(width) {
    regions_.resize(2 * static_cast<size_t>(p_.maximum) + 1);
    for (int i = -p_.maximum; i <= p_.maximum; ++i)
      regions_[static_cast<size_t>(i + p_.maximum)] = static_cast<int8_t>(region_of(i));
    for (Context& context : contexts_) context.a = std::max(2, (p_.range + 32) / 64);
    for (Context& context : run_contexts_) context.a = std::max(2, (p_.range + 32) / 64);
  }

  // Lines have one sample before the first and one behind the last.
  void decode(size_t height, uint16_t* out) {
    std::vector<int> above(width_ + 2), line(width_ + 2);
    for (size_t y = 0; y < height; ++y) {
      above[width_ + 1] = above[width_];
      line[0] = above[1];
      decode_line(above.data() + 1, line.data() + 1);
      out = std::copy_n(line.begin() + 1, width_, out);
      std::swap(above, line);
    }
    if (!bits_.at_end()) fail("expected a JPEG-LS stream that ends with its image, found more");
  }

 private:
  void decode_line(const int* above, int* line) {
    size_t x = 0;
    while (x < width_) {
      const int left = line[static_cast<ptrdiff_t>(x) - 1];
      const int corner = above[static_cast<ptrdiff_t>(x) - 1];
      const int q1 = quantise(above[x + 1] - above[x]), q2 = quantise(above[x] - corner),
                q3 = quantise(corner - left);
      const int q = 81 * q1 + 9 * q2 + q3;
      if (q != 0)
        line[x] = decode_sample(q, predict(left, above[x], corner)), ++x;
      else
        x = decode_run(above, line, x);
    }
  }

  int quantise(int difference) const {
    return regions_[static_cast<size_t>(difference + p_.maximum)];
  }

  int region_of(int difference) const {  // A.4
    const int size = std::abs(difference);
    const int region = size <= p_.near ? 0
                       : size < p_.t1  ? 1
                       : size < p_.t2  ? 2
                       : size < p_.t3  ? 3
                                       : 4;
    return difference < 0 ? -region : region;
  }

  static int predict(int left, int above, int corner) {  // A.5
    if (corner >= std::max(left, above)) return std::min(left, above);
    if (corner <= std::min(left, above)) return std::max(left, above);
    return left + above - corner;
  }

  int decode_sample(int q, int prediction) {
    const bool mirrored = q < 0;
    Context& context = contexts_[static_cast<size_t>(std::abs(q))];
    prediction = std::clamp(prediction + (mirrored ? -context.c : context.c), 0, p_.maximum);
    const int k = golomb_parameter(context.n, context.a);
    const int64_t mapped = decode_golomb(k, p_.limit);
    int64_t error = (mapped & 1) == 0 ? mapped >> 1 : -((mapped + 1) >> 1);
    if (k == 0 && p_.near == 0 && 2 * context.b <= -context.n) error = -error - 1;  // A.11
    update(context, error);
    return reconstruct(prediction, mirrored ? -error : error);
  }

  void update(Context& context, int64_t error) const {  // A.12, A.13
    constexpr int least = -128, most = 127;
    context.a += std::abs(error);
    context.b += error * (2 * p_.near + 1);
    if (context.n == p_.reset) context.halve();
    ++context.n;
    if (context.b <= -context.n) {
      context.b = std::max(context.b + context.n, -context.n + 1);
      context.c = std::max(context.c - 1, least);
    } else if (context.b > 0) {
      context.b = std::min<int64_t>(context.b - context.n, 0);
      context.c = std::min(context.c + 1, most);
    }
  }

  int reconstruct(int prediction, int64_t error) const {  // A.9
    const int step = 2 * p_.near + 1;
    int64_t value = prediction + error * step;
    if (value < -p_.near)
      value += int64_t{p_.range} * step;
    else if (value > p_.maximum + p_.near)
      value -= int64_t{p_.range} * step;
    return static_cast<int>(std::clamp<int64_t>(value, 0, p_.maximum));
  }

  // A limited-length code (A.5.3): no error of a sound stream is beyond the range.
  int64_t decode_golomb(int k, int limit) {
    const int longest = limit - p_.range_bits - 1;
    const int zeros = bits_.zeros(longest);
    const int64_t value = zeros < longest ? (int64_t{zeros} << k) + bits_.read(k)
                                          : int64_t{bits_.read(p_.range_bits)} + 1;
    if (value > 2 * int64_t{p_.range}) fail_damaged();
    return value;
  }

  // A run of the sample on the left and the sample that interrupts it (A.7); returns where the
  // next one is.
  size_t decode_run(const int* above, int* line, size_t x) {
    static constexpr std::array<int, 32> lengths{0, 0, 0, 0, 1,  1,  1,  1,  2,  2, 2,
                                                 2, 3, 3, 3, 3,  4,  4,  5,  5,  6, 6,
                                                 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int value = line[static_cast<ptrdiff_t>(x) - 1];
    while (bits_.read(1) != 0) {
      const size_t length = size_t{1} << lengths[run_index_];
      const size_t count = std::min(length, width_ - x);
      std::fill_n(line + x, count, value);
      x += count;
      if (count == length) run_index_ = std::min<size_t>(run_index_ + 1, lengths.size() - 1);
      if (x == width_) return x;
    }
    const size_t rest = bits_.read(lengths[run_index_]);
    if (rest >= width_ - x) fail_damaged();
    std::fill_n(line + x, rest, value);
    x += rest;
    line[x] = decode_interruption(value, above[x], p_.limit - lengths[run_index_] - 1);
    if (run_index_ > 0) --run_index_;
    return x + 1;
  }

  int decode_interruption(int left, int above, int limit) {  // A.7.2
    const int same = std::abs(left - above) <= p_.near ? 1 : 0;
    Context& context = run_contexts_[static_cast<size_t>(same)];
    const int k = golomb_parameter(context.n, context.a + (same != 0 ? context.n / 2 : 0));
    const int64_t mapped = decode_golomb(k, limit);
    const int64_t doubled = mapped + same;
    const bool odd = doubled % 2 != 0;
    int64_t error = (doubled + 1) / 2;
    if ((k != 0 || 2 * context.negative >= context.n) == odd) error = -error;
    if (error < 0) ++context.negative;
    context.a += (mapped + 1 - same) / 2;
    if (context.n == p_.reset) context.halve();
    ++context.n;
    return reconstruct(same != 0 ? left : above, same == 0 && left > above ? -error : error);
  }

  JpegLsParameters p_;
  JpegLsBits bits_;
  size_t width_;
  std::vector<int8_t> regions_;  // of the differences of two samples
  std::array<Context, 365> contexts_;
  std::array<Context, 2> run_contexts_;
  size_t run_index_ = 0;
};

}  // namespace

std::vector<uint16_t> decode_jpeg_ls(Bytes stream, const CodestreamHeader& header) {
  const JpegLsScan scan = read_jpeg_ls_scan(stream, header);
  std::vector<uint16_t> samples(header.samples());
  Decoder(scan.parameters, scan.data, header.width).decode(header.height, samples.data());
  return samples;
}

}  // namespace evax::image::dicom
