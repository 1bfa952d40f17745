#pragma once

#include <optional>
#include <string>

#include "evax/core/csv.h"

namespace evax::report {

/// Throws Error unless the first column is `path` and no column comes twice.
void check_columns(const CsvTable& table);

/// The whole text as a number; empty where it is none.
std::optional<double> number_of(const std::string& text);

}  // namespace evax::report
