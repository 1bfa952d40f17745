#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// Deals a data set out at random, a patient never into two parts; where no patient is known, an
/// image is assigned on its own. `shares` are those of the second and following parts, the first
/// part gets the rest; a share of the patients is rounded, but at least one patient where it is
/// above zero. A patient's part depends on the seed and on the set of patients, not on the order of
/// the list, which every part keeps. Throws Error when a part would stay empty.
std::vector<Dataset> deal(const Dataset& dataset, const std::vector<double>& shares, uint64_t seed);

/// A subset of round(size * fraction) images, at least one, in the list's order. With one seed the
/// smaller of two fractions is part of the larger one.
Dataset subset(const Dataset& dataset, double fraction, uint64_t seed);

/// One sentence for every pair of lists that share a patient or an image file: how many, and one of
/// them. Empty: no leak.
std::vector<std::string> find_leaks(const Splits& splits);

/// The patients that two lists share, and the paths, sorted.
std::vector<std::string> shared_patients(const Dataset& a, const Dataset& b);
std::vector<std::string> shared_paths(const Dataset& a, const Dataset& b);

}  // namespace evax::data
