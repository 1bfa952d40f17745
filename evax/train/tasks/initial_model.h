#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evax/nn/network.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// A network ready to be trained, and where its weights came from.
struct InitialModel {
  std::shared_ptr<nn::Network> model;
  std::string sha256;              // of the file; empty when drawn at random
  std::vector<std::string> notes;  // "the head is new: ...", one sentence each
};

/// Builds the network of [model] for these classes and fills it from model.init: a model file, an
/// importable checkpoint, or "random". A position embedding of another grid is resized as the
/// official loader does (spec A.4); a head is kept when its class count (and names, if both are
/// known) match. Throws Error when the file holds another network.
InitialModel make_initial_model(const Recipe& recipe, const std::vector<std::string>& classes);

}  // namespace evax::train
