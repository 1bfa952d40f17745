#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evax/weights/config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// Whether names are those of an mmsegmentation model: backbone.* and decode_head.*.
bool is_mmseg(const std::vector<std::string>& names);

/// An mmsegmentation model taken apart (spec D.4, D.5): the encoder under the names of its own
/// checkpoints, the decoder under those of decoder_parameters().
struct MmsegParts {
  TensorMap encoder, decoder;
};
/// What segmentation does not use (auxiliary heads, the encoder's final norm and classifier, counts
/// of batches) is left out; all but the counts are named in `notes`.
MmsegParts take_apart_mmseg(const TensorMap& tensors, std::vector<std::string>& notes);

/// Gives a recognised encoder the decoder that these tensors are (its names and shapes are not
/// checked yet) and the classes that it has. Throws Error naming `path` when they are none.
void recognise_decoder(const TensorMap& decoder, ModelConfig& model, const std::string& path);

/// mmsegmentation's name for a parameter whose encoder has official names.
std::string mmseg_name(const ModelConfig& model, const std::string& name);

}  // namespace evax::weights
