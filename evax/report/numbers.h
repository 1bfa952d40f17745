#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evax/metrics/findings/evaluation.h"

namespace evax::report {

/// What is shown where a value is undefined.
inline constexpr const char* undefined_mark = "–";

/// "0.871"; "–" where it is undefined.
std::string shown(std::optional<double> value, int decimals = 3);
/// "0.842–0.899"; empty where it is undefined.
std::string shown(const std::optional<metrics::Interval>& interval);
/// "0.871 [0.842, 0.899]".
std::string with_interval(const metrics::Figure& figure, int decimals = 3);
/// "25,596".
std::string shown_count(int64_t count);
/// "1 image", "25,596 images".
std::string counted(int64_t count, const std::string& what);
/// "5.5 M".
std::string shown_parameters(int64_t parameters);
/// "1.25": in thousands of millions.
std::string shown_giga(int64_t count);

}  // namespace evax::report
