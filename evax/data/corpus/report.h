#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace evax::data {

/// What became of the images of a corpus's sources.
struct CorpusReport {
  struct Source {
    std::string name;
    size_t listed = 0, kept = 0;
    size_t without_view = 0;                 // of those that may be packed: taken as frontal
    std::map<std::string, size_t> excluded;  // by reason (plan.h)
  };
  struct Tests {          // of an exclusion, or of a source's own test split
    size_t named = 0;     // images of the sources that its lists name
    size_t compared = 0;  // images that were there to be hashed
    size_t absent = 0;    // that were to be, and are missing, unreadable or constant
  };
  std::vector<Source> sources;
  std::map<std::string, Tests> tests;
  size_t images = 0, patients = 0;  // that stay; patients as far as they are known
  int size = 0;                     // pixels, squared; 0: as they were
  double mean = 0, std = 0;         // of all pixels of the images that stay, scaled to [0, 1]
};

nlohmann::ordered_json to_json(const CorpusReport& report);

}  // namespace evax::data
