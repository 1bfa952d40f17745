#pragma once

#include <string>
#include <vector>

#include "evax/core/random.h"
#include "evax/data/augment/operations.h"

namespace evax::data {

/// timm's RandAugment (Cubuk et al., 2019) as a string describes it: "rand-m6-mstd0.5-inc1".
struct RandAugment {
  int magnitude = 10;       // m: 0 to 10
  double deviation = 0;     // mstd: of the magnitude
  int layers = 2;           // n: operations drawn per picture
  bool increasing = false;  // inc: the set of operations whose severity grows with the magnitude
};

/// Throws Error when the text is not a RandAugment.
RandAugment parse_rand_augment(const std::string& text);

/// One operation to apply, as it was drawn.
struct Step {
  Operation operation;
  double level;  // 0 to 10: the magnitude of this application
  bool negate;   // the sign of operations that have one
};

/// `layers` operations uniformly with replacement, each kept with probability 0.5.
std::vector<Step> draw_steps(const RandAugment& policy, Random& random);

/// The argument of the step's operation (spec C.4, the table).
double argument_of(const Step& step, bool increasing);

}  // namespace evax::data
