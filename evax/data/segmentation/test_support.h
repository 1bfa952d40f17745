#pragma once

#include <gtest/gtest.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "evax/core/csv.h"
#include "evax/core/sha256.h"
#include "evax/data/segmentation/mask.h"
#include "evax/data/test_support.h"

namespace evax::data::testing {

/// tests/fixtures/seg/data/README.md says where they come from.
inline std::string segmentation_fixture(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/seg/data/" + name;
}

/// The rows of a CSV file by column name.
inline std::vector<std::map<std::string, std::string>> segmentation_rows(const std::string& name) {
  CsvTable table(segmentation_fixture(name));
  std::vector<std::map<std::string, std::string>> rows;
  while (table.next()) {
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < table.columns().size(); ++i) row[table.columns()[i]] = table[i];
  }
  return rows;
}

inline std::string hash(const Mask& mask) { return sha256(std::as_bytes(std::span(mask.pixels))); }

inline Mask empty_mask(int width, int height) {
  return {width, height, 1, std::vector<uint8_t>(static_cast<size_t>(width) * height)};
}

/// Its pixels that are marked.
inline size_t area(const Mask& mask) {
  size_t count = 0;
  for (const uint8_t pixel : mask.pixels) count += pixel == 1 ? 1 : 0;
  return count;
}

}  // namespace evax::data::testing
