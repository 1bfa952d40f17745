#pragma once

#include <string>
#include <vector>

#include "evax/core/toml.h"
#include "evax/data/perceptual_hash.h"

namespace evax::data {

/// The farthest apart that two hashes are worth comparing: half the distance of two X-rays.
inline constexpr int largest_distance = 32;

/// A data set that goes into a corpus: a table [data.source.NAME].
struct CorpusSource {
  std::string name;
  std::string kind;     // cxr14 | chexpert | mimic_cxr | csv | folder
  std::string images;   // folder
  std::string list;     // its CSV: Data_Entry_2017, train.csv, mimic-cxr-2.0.0-metadata, a column
                        // path; none for `folder`
  std::string split;    // mimic_cxr: mimic-cxr-2.0.0-split
  std::string records;  // mimic_cxr: cxr-record-list; empty: paths as PhysioNet lays them out
};

/// Test images that a corpus must not hold: a table [data.exclude.NAME].
struct CorpusExclusion {
  std::string name;
  std::vector<std::string> lists;  // text or CSV files that name images
  std::string column;              // of CSV files; empty: the first of the usual ones
  int field = 1;                   // of the lines of text files
  std::string source;              // the only one whose images are meant; empty: all
  std::string images;              // folder: what the lists name there (without lists: every image)
                                   // is compared with the corpus
  bool patients = true;            // the other images of a test image's patient go too
};

/// The table [data] of kind "merged" with which a corpus is made (docs/corpus.md).
struct CorpusConfig {
  std::vector<CorpusSource> sources;  // the first one's copy of an image stays
  std::vector<CorpusExclusion> exclusions;
  int test_distance = near_identical;         // bits to a test image that is one's own copy
  std::string duplicates = "near_identical";  // which go: near_identical | identical | none
  int duplicate_distance = compressed_copy;   // bits between near-identical images
  bool force = false;                         // read DICOM files of any modality
};

/// Throws Error: file and line, key, expected, found.
CorpusConfig read_corpus_config(TomlTable& table);

}  // namespace evax::data
