#pragma once

#include <map>
#include <string>

#include "evax/data/corpus/config.h"
#include "evax/data/corpus/decide.h"
#include "evax/data/corpus/plan.h"

namespace evax::data {

/// What merging needs to know of a corpus: corpus.json. Without folders, so that it is the same on
/// every machine that packs a part.
struct CorpusSettings {
  struct Exclusion {
    bool patients = true;
    size_t named = 0;  // images of the sources that its lists name
  };
  int size = 0;
  size_t images = 0, tests = 0;  // packed, and to compare with
  DecideOptions decide;
  std::map<std::string, Exclusion> exclude;

  /// A source's own test split takes whole patients.
  bool takes_patients(const std::string& exclusion) const;
};

CorpusSettings settings_of(const CorpusConfig& config, const CorpusPlan& plan, int size);
std::string to_text(const CorpusSettings& settings);
/// Throws Error naming the file.
CorpusSettings read_settings(const std::string& path);

}  // namespace evax::data
