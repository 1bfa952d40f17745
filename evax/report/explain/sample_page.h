#pragma once

#include "evax/report/explain/page.h"

namespace evax::report {

/// An X-ray of the demo with made-up maps, `images` times: two models with 14 classes, of which the
/// second saw the middle of the image only; boxes on every second image.
ExplanationPage explanation_sample(int images);

}  // namespace evax::report
