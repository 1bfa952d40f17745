#pragma once

#include <string>
#include <vector>

#include "evax/data/corpus/config.h"

namespace evax::data {

/// An image that a source lists.
struct SourceImage {
  std::string file;     // to open
  std::string path;     // the same on every machine: below the source's folder; NIH: its file name
  std::string patient;  // empty: unknown
  std::string view;     // as the list says: PA, AP, LATERAL, ...; empty: it says none
  bool frontal = true;
  bool official_test = false;  // of the source's own test split
};

/// The images of a source in its list's order, those of a folder by path. Files are not opened nor
/// looked for. Throws Error: list, the column or row that was expected, what was found.
std::vector<SourceImage> read_source(const CorpusSource& source);

}  // namespace evax::data
