#pragma once

#include <string>

#include "evax/metrics/segmentation/evaluation.h"

namespace evax::report {

/// predictions.csv of a segmentation (docs/evaluation.md): `path`, for each class `dice_NAME`,
/// `jaccard_NAME`, `hd95_NAME`, and the fractions of the image (without ignored pixels) that are
/// marked, `area_fraction_NAME`, and labelled, `label_fraction_NAME`; `patient` where one is known.
/// Undefined is blank.
std::string predictions_csv(const metrics::Segmentations& segmentations);

}  // namespace evax::report
