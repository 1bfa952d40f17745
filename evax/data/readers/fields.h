#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "evax/core/csv.h"
#include "evax/data/readers/readers.h"

namespace evax::data {

/// The words of a line between spaces or tabs.
void split_fields(std::string_view line, std::vector<std::string_view>& fields);

/// The first of these columns that the table has.
std::optional<size_t> find_any(const CsvTable& table,
                               std::initializer_list<std::string_view> names);
/// The column of the patient, as tables of images call it.
std::optional<size_t> find_patient(const CsvTable& table);

/// 1, 0 or -1 as people and programs write them ("1", "1.0", "True", "yes", ...); empty for
/// anything else, blank included.
std::optional<float> parse_label(std::string_view text);

/// Takes the labels of the table's row into `sample`; blank ones are 0 and counted in `list`.
/// Throws Error, with `hint` at its end, when one is not 1, 0, -1 or blank.
void read_labels(const CsvTable& table, const std::vector<size_t>& columns, List& list,
                 Sample& sample, std::string_view hint = "");

/// Notes in `dataset` the columns of the table that are not `known`; returns their places.
std::vector<size_t> keep_meta(const CsvTable& table, const std::set<size_t>& known,
                              Dataset& dataset);

/// Throws Error when the recipe names classes other than those that the kind has.
void check_kind_classes(const DataConfig& config, const std::vector<std::string>& classes);

}  // namespace evax::data
