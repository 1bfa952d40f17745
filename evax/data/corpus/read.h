#pragma once

#include <string>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// The images of a corpus that merge_corpus() let stay, in its order: unlabelled, the path
/// "SOURCE/PATH", the patient "SOURCE/PATIENT". A damaged shard is an error, or where `notes` is
/// given its images are left out with a sentence there. Throws Error, also when the manifest and
/// the shards do not agree (packed again, not merged).
Dataset read_corpus(const std::string& folder, std::vector<std::string>* notes = nullptr);

/// Whether a folder holds a corpus, merged or not.
bool has_corpus(const std::string& folder);

}  // namespace evax::data
