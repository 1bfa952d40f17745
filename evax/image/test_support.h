#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "evax/core/sha256.h"
#include "evax/image/image.h"

namespace evax::image::testing {

inline const std::filesystem::path fixtures =
    std::filesystem::path(EVAX_SOURCE_DIR) / "tests/fixtures/image";
inline const std::filesystem::path shared_data = std::filesystem::path(EVAX_SHARED_DIR) / "data";

/// One row of a CSV file by column name; the files of tools/oracles/image.py have no quotes.
using Row = std::map<std::string, std::string>;

inline std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

inline std::vector<Row> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = split(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < header.size(); ++i) row[header[i]] = cells.at(i);
  }
  return rows;
}

inline int number(const Row& row, const std::string& column) { return std::stoi(row.at(column)); }

/// The pictures that tools/oracles/image.py makes: noise, and a ramp with noise.
inline std::vector<uint8_t> noise(size_t count, uint32_t seed) {
  std::vector<uint8_t> values(count);
  for (uint8_t& value : values) {
    seed = seed * 1664525 + 1013904223;
    value = static_cast<uint8_t>(seed >> 16);
  }
  return values;
}

inline Image picture(int width, int height, int channels, uint32_t seed) {
  Image image{width, height, channels,
              noise(static_cast<size_t>(width) * static_cast<size_t>(height) *
                        static_cast<size_t>(channels),
                    seed)};
  auto pixel = image.pixels.begin();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c, ++pixel)
        *pixel = static_cast<uint8_t>(x * 3 + y * 5 + c * 70 + (*pixel >> 2));
  return image;
}

inline std::string hash(const std::vector<uint8_t>& bytes) {
  return sha256(std::as_bytes(std::span(bytes)));
}

/// SHA-256 of the RGB bytes; a grey picture represents three equal channels.
inline std::string rgb_hash(const Image& image) {
  if (image.channels == 3) return hash(image.pixels);
  std::vector<uint8_t> rgb;
  rgb.reserve(image.pixels.size() * 3);
  for (const uint8_t value : image.pixels) rgb.insert(rgb.end(), 3, value);
  return hash(rgb);
}

}  // namespace evax::image::testing
