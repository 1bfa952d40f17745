#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// A sample of a list that represents the same image as one before it.
struct Repeat {
  uint32_t first = 0, again = 0;
  bool opposite = false;  // a class is there by one of them and is not by the other
};

/// Every sample whose key another one before it has. `keys`: one per sample; empty ones are
/// skipped.
std::vector<Repeat> find_repeats(const Dataset& dataset, const std::vector<std::string>& keys);

/// The same by path, as it is written but for "./", "//" and "x/../". Images of shards are skipped:
/// several may have been packed from one path.
std::vector<Repeat> find_repeats(const Dataset& dataset);

}  // namespace evax::data
