#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace evax::image {

/// The depth that values are scaled by: the one that is declared, or the smallest of 8, 10, 12 and
/// 14 bits that holds the highest value of the file, because devices put such values into 16 bits
/// as they are. `bits` above 0 is taken instead (ReadOptions::bits); values beyond it are white.
/// Appends a warning when that is not the declared depth, or values are beyond it.
inline int used_depth(int declared, uint32_t highest, int bits,
                      std::vector<std::string>& warnings) {
  if (declared <= 8 || highest == 0) return declared;
  int depth = declared;
  if (bits > 0) {
    depth = bits;
    if (highest >> depth != 0)
      warnings.push_back(
          fmt::format("values up to {} are beyond the requested {} bits", highest, depth));
    return depth;
  }
  for (const int smaller : {14, 12, 10, 8})
    if (smaller < declared && highest >> smaller == 0) depth = smaller;
  if (depth != declared)
    warnings.push_back(
        fmt::format("of {} declared bits the values, up to {}, use {} and are scaled by these",
                    declared, highest, depth));
  return depth;
}

}  // namespace evax::image
