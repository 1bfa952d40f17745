#pragma once

#include <optional>
#include <string>

#include "evax/core/random.h"
#include "evax/data/augment/crop.h"

namespace evax::data {

/// What an erased box is filled with: zeros, a normal draw per channel, a normal draw per value.
enum class Fill { constant, random, pixel };

/// timm's word for it (const, rand, pixel); throws Error on another.
Fill fill_from_name(const std::string& name);

/// The box that timm's RandomErasing takes: 2 % to a third of the picture, aspect ratio log-uniform
/// from 0.3 to 1 / 0.3; none when ten do not fit.
std::optional<Box> draw_erased_box(int width, int height, Random& random);

/// Erases a drawn box of a normalised picture [3, size, size] with probability `probability` (Zhong
/// et al., 2017).
void erase(float* image, int size, double probability, Fill fill, Random& random);

}  // namespace evax::data
