#pragma once

#include <string>

#include "evax/report/explain/page.h"

namespace evax::report {

/// The maps of an explanation for maps.js, deflated, in base64: the grids that are there (float32,
/// values below 0 cut off), the largest value of each row of the attention (float32), and the rows
/// as 255ths of it (uint8; in steps of 17 where the grid is larger than 16 x 16). Little endian.
std::string packed_maps(const ExplainedModel& model, const Explanation& explanation);

}  // namespace evax::report
