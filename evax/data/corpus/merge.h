#pragma once

#include <cstddef>
#include <string>

#include "evax/data/corpus/report.h"

namespace evax::data {

/// Files that merge_corpus() writes into a corpus's folder (docs/corpus.md).
inline constexpr const char* manifest_file = "manifest.csv";
inline constexpr const char* excluded_file = "excluded.csv";
inline constexpr const char* report_file = "report.json";

/// Decides which packed images belong to the corpus and writes manifest.csv (those), excluded.csv
/// (the others, and why) and report.json; shards stay as they are. May be repeated. Throws Error,
/// also when a part is missing, when parts do not belong together, or when nothing stays.
CorpusReport merge_corpus(const std::string& folder, size_t threads);

}  // namespace evax::data
