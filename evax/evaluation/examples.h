#pragma once

#include <vector>

#include "evax/evaluation/judge.h"
#include "evax/report/findings/evaluation_page.h"

namespace evax::evaluation {

struct Examples {
  std::vector<report::Example> shown;
  std::vector<uint32_t> samples;  // of subject.images, one for each
};

/// For each class the images that the model was surest about: two right calls, two wrong ones (one
/// found that is not there, one missed, where there are both), with thumbnails.
Examples examples_of(const Judgement& judgement);

}  // namespace evax::evaluation
