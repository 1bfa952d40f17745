#pragma once

#include <map>
#include <string>
#include <vector>

#include "evax/data/corpus/config.h"
#include "evax/data/dataset.h"

namespace evax::data {

// Why an image is not in a corpus, in the order in which it is asked.
inline constexpr const char* not_frontal = "not_frontal";      // detail: its view
inline constexpr const char* official_test = "official_test";  // of the source's own test split
inline constexpr const char* test_list = "test_list";          // detail: the exclusion
inline constexpr const char* test_patient = "test_patient";    // detail: the exclusion
inline constexpr const char* missing = "missing";              // no such file
inline constexpr const char* unreadable = "unreadable";        // detail: the error
inline constexpr const char* constant = "constant";            // every pixel has the same value
inline constexpr const char* test_image = "test_image";        // detail: exclusion, image, bits
inline constexpr const char* identical = "identical";          // detail: the image that stays
inline constexpr const char* near_copy = "near_identical";     // detail: that, and the bits
inline constexpr std::array exclusion_reasons{not_frontal, official_test, test_list, test_patient,
                                              missing,     unreadable,    constant,  test_image,
                                              identical,   near_copy};

/// Images to be packed, with the names under which they are stored.
struct PackList {
  Dataset dataset;                 // unlabelled; patients as "SOURCE/PATIENT"
  std::vector<std::string> names;  // "SOURCE/PATH"; of test images "EXCLUSION/PATH"
};

/// What the lists alone say of a corpus, before an image is opened.
struct CorpusPlan {
  PackList images;                      // frontal and on no test list, in the order of the sources
  PackList tests;                       // to compare them with
  std::map<std::string, size_t> named;  // by exclusion: images of the sources that its lists name
  std::string table;  // corpus.csv: source, path, patient, view, reason, detail of every image that
                      // a source lists; without a reason it is one of `images`
};

/// Reads the sources' lists and those of the test images. Throws Error naming list, expected,
/// found; also when no image is left.
CorpusPlan plan_corpus(const CorpusConfig& config);

}  // namespace evax::data
