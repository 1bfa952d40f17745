#pragma once

// The parts of JPEG streams (ITU-T T.81, T.87), by and large as the standard wants them.

#include <numeric>

#include "tests/fuzz/dicom_frame.h"

namespace evax::fuzz {

inline std::string big_endian(int value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string marker(int code) { return {'\xFF', static_cast<char>(code)}; }

inline std::string segment(int code, const std::string& body) {
  return marker(code) + big_endian(static_cast<int>(body.size()) + 2) + body;
}

/// SOF of one component, rarely of another number.
inline std::string frame_header(int code, const Frame& frame, Choices& choices) {
  const int components = choices.rarely(64) ? choices.below(5) : 1;
  std::string body;
  body += static_cast<char>(frame.precision);
  body += big_endian(frame.height) + big_endian(frame.width);
  body += static_cast<char>(components);
  for (int i = 0; i < components; ++i) {
    body += static_cast<char>(i + 1);
    body += choices.rarely(16) ? static_cast<char>(choices.byte()) : '\x11';  // sampling factors
    body += static_cast<char>(choices.rarely(32) ? choices.byte() : 0);       // quantization table
  }
  return segment(code, body);
}

/// SOS of one component: its tables, and three numbers whose meaning depends on the process.
inline std::string scan_header(int tables, int first, int second, int third) {
  std::string body("\x01\x01", 2);
  for (const int value : {tables, first, second, third}) body += static_cast<char>(value);
  return segment(0xDA, body);
}

/// DHT: codes of chosen lengths that can be told apart, so that nearly any bits are a code; rarely
/// whatever numbers of codes.
inline std::string huffman_table(int class_and_id, int most_codes, int largest_symbol,
                                 Choices& choices) {
  constexpr int lengths = 16;
  std::vector<int> counts(lengths);
  if (choices.rarely(32)) {
    for (int& count : counts) count = choices.below(8);
  } else {
    int room = (1 << lengths) - 1;  // of codes of 16 bits; the last one is no code
    const int wanted = 1 + choices.below(most_codes);
    for (int i = 0; i < wanted; ++i) {
      int length = choices.between(1, lengths);
      while (length < lengths && (1 << (lengths - length)) > room) ++length;
      if (room == 0) break;
      room -= 1 << (lengths - length);
      ++counts[static_cast<size_t>(length - 1)];
    }
  }
  std::string body(1, static_cast<char>(class_and_id));
  for (const int count : counts) body += static_cast<char>(count);
  const int codes = std::accumulate(counts.begin(), counts.end(), 0);
  const bool in_order = !choices.rarely(4);
  for (int i = 0; i < codes; ++i)
    body += static_cast<char>((in_order ? i : choices.byte()) % (largest_symbol + 1));
  return segment(0xC4, body);
}

/// A segment that may stand between the others, or nothing.
inline std::string odd_segment(Choices& choices) {
  if (!choices.rarely(32)) return "";
  const int code = choices.one_of({0xFE, 0xE0, 0xEE, 0xDC, 0xDD, 0xC4, 0xDB, 0xCC});
  return segment(code, choices.text(static_cast<size_t>(choices.below(24))));
}

/// Entropy-coded data of `size` bytes made of the rest of the fuzzer's, over and over, with 0
/// stuffed behind 0xFF; every `interval` bytes (0: never) the next restart marker.
inline std::string entropy_coded(const std::string& bytes, size_t size, size_t interval) {
  std::string out;
  if (bytes.empty()) return std::string(size, '\0');
  for (size_t i = 0, restarts = 0; i < size; ++i) {
    out += bytes[i % bytes.size()];
    if (out.back() == '\xFF') out += '\0';
    if (interval != 0 && (i + 1) % interval == 0)
      out += marker(0xD0 + static_cast<int>(restarts++ % 8));
  }
  return out;
}

}  // namespace evax::fuzz
