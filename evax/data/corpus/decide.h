#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evax/core/thread_pool.h"
#include "evax/data/corpus/marks.h"

namespace evax::data {

/// What becomes of a packed image.
struct Decision {
  const char* reason = "";  // of exclusion_reasons (plan.h); "": it stays
  uint32_t other = 0;       // the test image, or the image that stays in its place
  int bits = 0;             // between the two hashes
};

struct DecideOptions {
  int test_distance = 0;
  bool identical = true;  // drop copies with the same pixels
  bool near = true;       // and those at most this many bits apart
  int duplicate_distance = 0;
};

/// What decide() looks at.
struct Candidates {
  std::span<const Mark> images;
  std::span<const uint32_t> patients;  // of the images, by number; 0: unknown
  std::span<const Mark> tests;
  std::vector<bool> whole_patient;  // of the tests: the patient of a twin goes too
};

/// Unreadable, constant, twins of test images (the nearest is named), other images of the twins'
/// patients, copies. The first copy of an image stays; among copies with the same pixels it is
/// named even where it is left out itself, because it is nearly identical to another image. The
/// outcome depends on the marks and their order alone.
std::vector<Decision> decide(const Candidates& candidates, const DecideOptions& options,
                             ThreadPool& pool);

}  // namespace evax::data
