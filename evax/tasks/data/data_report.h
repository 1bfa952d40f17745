#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "evax/data/summary.h"

namespace evax::tasks {

/// Cells as text, columns aligned: the first to the left, the others to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// A column of positives per list, with the uncertain ones behind; empty without classes.
std::string label_table(const std::vector<std::string>& classes,
                        const std::vector<std::string>& lists,
                        const std::vector<data::Summary>& summaries);

/// {"images", "patients", "without_patient", "classes": {NAME: {"positive", "negative",
/// "uncertain"}}}
nlohmann::ordered_json to_json(const data::Summary& summary,
                               const std::vector<std::string>& classes);

/// JSON for a person or a program; what is not UTF-8 in a path is replaced.
std::string shown(const nlohmann::ordered_json& json);

/// Files that could not be read: one line each on stderr, the first ten.
void tell_unreadable(const std::vector<std::pair<std::string, std::string>>& unreadable);

}  // namespace evax::tasks
