#pragma once

#include <string>
#include <vector>

#include "evax/weights/convert.h"

namespace evax::weights {

/// What to do about a tokenizer whose patches are not the student's (spec B.4): give it a view of
/// an image in which its own patches fill the student's grid, or resize its patch kernel.
enum class PatchFit { view, kernel };

/// Fits a vision transformer to the grid of patches of a student: position embedding and patch
/// kernel are resized as the official code does, in float32, bicubic without antialias (spec A.4).
/// Its image_size becomes the side of the view that it needs, grid times its patch. Adds what it
/// did to `notes`. Throws Error naming `path`: a convolutional network, a view of an absurd size.
void fit_tokenizer(ModelFile& model, const std::string& path, const ModelConfig& student,
                   PatchFit fit, std::vector<std::string>& notes);

}  // namespace evax::weights
