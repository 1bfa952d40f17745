#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evax/nn/masked_vision_transformer.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// A student ready to be pre-trained, and where its weights came from.
struct InitialStudent {
  std::shared_ptr<nn::MaskedVisionTransformer> model;
  std::string sha256;              // of the file; empty when drawn at random
  std::vector<std::string> notes;  // "lm_head is initialised again: ...", one sentence each
};

/// Builds the student of [model] for targets of `target_width` numbers and fills it from
/// model.init: a pre-trained model file or checkpoint to continue from, any other EVA-X or ViT, or
/// "random". lm_head is kept (model.lm_head = "keep") when the file has one of that width and was
/// made by the same teacher, as far as it says by which: `teacher` is the SHA-256 of its file, or
/// "pixels". Throws Error when the file holds another network.
InitialStudent make_initial_student(const Recipe& recipe, int64_t target_width,
                                    const std::string& teacher);

}  // namespace evax::train
