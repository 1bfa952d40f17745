#pragma once

#include <cstdint>
#include <vector>

#include "evax/image/image.h"

namespace evax::train {

/// One image of masked image modelling: what the student saw and how close it came.
struct MaskedImage {
  image::Image input;         // grey, S x S
  std::vector<uint8_t> mask;  // [G * G], rows top to bottom; 1: masked. S is a multiple of G
  std::vector<float> cosine;  // [G * G]: of the predicted to the teacher's token, where masked
};

/// A row of three tiles for each image: the input, the input with its masked patches greyed out,
/// and the cosine of every masked patch in viridis from -1 to 1 over the darkened input. RGB. The
/// images are of one size; throws Error when one is not, or does not fit its patches.
image::Image masked_sheet(const std::vector<MaskedImage>& images);

}  // namespace evax::train
