#pragma once

#include <string>
#include <string_view>

#include "evax/weights/config.h"

namespace evax::weights {

/// The stage that a decoder's parameter counts in: fpn, decoder or decode_head.
std::string decoder_stage(std::string_view name);

/// How many times a kernel of a decoder is applied to an image: once for every place of what a
/// convolution gives, of what a transposed convolution takes.
double decoder_positions(const ModelConfig& config, std::string_view name);

}  // namespace evax::weights
