#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/metrics/findings/predictions.h"

namespace evax::metrics {

/// The images that have something in common.
struct Subgroup {
  std::string column, value;
  std::vector<uint32_t> rows;
};

/// Deals the rows by a column of `meta`: one group per value, in order. A column that holds numbers
/// alone, more than ten different ones, is split into bands that start at 0, 18, 40, 60 and 80;
/// "age:0,18,40,65" says where they start ("0-17", ..., "65+"). Ages as DICOM writes them ("058Y",
/// "010M") are numbers. Blank values, and other spellings of a missing one (field_value), are the
/// group "unknown"; no group is empty. Throws Error for a column that is not there, for edges that
/// do not rise, for a value that is not a number where edges are given, for more than 100 groups.
std::vector<Subgroup> subgroups(const Predictions& predictions, const std::string& specification);

}  // namespace evax::metrics
