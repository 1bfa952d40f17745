#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// "validation", "TEST (as the original)" or "none (the last epoch is kept)": the images on which
/// the best epoch is chosen.
std::string selection_set(const Recipe& recipe, const data::Splits& splits);

/// protocol.json of a run folder: all that a result depends on, so that two runs can be
/// distinguished. Hashes (SHA-256) of the lists, of what became of them, of their pictures, of the
/// initial weights, of preprocessing and of the resolved recipe, as it is and with seed 0 (equal
/// for repeats); the metadata of an initial model file, such as its epochs of pre-training; counts
/// per split and class; code version, selection set, label policy, notes on the data. Throws Error
/// when a file that is to be hashed cannot be read.
nlohmann::ordered_json protocol(const Recipe& recipe, const data::Splits& splits,
                                const std::string& version);

/// What protocol.json says of one list, read from the file `list`; null of an empty one.
nlohmann::ordered_json describe_list(const data::Dataset& dataset, const std::string& list,
                                     const std::string& images);

/// How two protocols differ in what a run depends on beside its recipe.
struct ProtocolChanges {
  std::vector<std::string> found;       // "train.images: 17 -> 18"
  std::vector<std::string> unrecorded;  // keys that an older evax did not write
};
ProtocolChanges protocol_changes(const nlohmann::ordered_json& before,
                                 const nlohmann::ordered_json& now);

}  // namespace evax::train
