#pragma once

#include "evax/data/corpus/config.h"
#include "evax/data/shards/pack.h"

namespace evax::data {

/// Files of a corpus beside its shards (docs/corpus.md).
inline constexpr const char* plan_file = "corpus.csv";       // CorpusPlan::table
inline constexpr const char* settings_file = "corpus.json";  // what merge_corpus() needs to know
inline constexpr const char* tests_folder = "tests";         // test images, small: for their hashes

/// Packs every image that may belong to the corpus, in one pass over them, with a hash and pixel
/// sums of each in a table beside its shard; merge_corpus() then says which ones do. Of `options`
/// the folder, the size, the part and the like are heeded, as pack() does: resumable, and the parts
/// of several machines make one folder. Throws Error, also when the folder holds another corpus.
PackResult pack_corpus(const CorpusConfig& config, const PackOptions& options);

}  // namespace evax::data
