#pragma once

#include <string>

#include "evax/metrics/segmentation/evaluation.h"

namespace evax::report {

/// predictions.csv of a segmentation (docs/evaluation.md): `path`, for each class `dice_NAME`,
/// `jaccard_NAME`, `hd95_NAME`, the fractions of the image (without ignored pixels) that are
/// marked, `area_fraction_NAME`, and labelled, `label_fraction_NAME`, and how many pixels are both,
/// `intersection_NAME`, marked, `marked_NAME`, and labelled, `labelled_NAME`; `patient` where one
/// is known. Undefined is blank.
std::string predictions_csv(const metrics::Segmentations& segmentations);

/// Whether the file is of this kind, by its second column.
bool holds_masks(const std::string& predictions_file);

/// Reads what predictions_csv wrote: paths, patients, counts and distances; thresholds stay empty
/// and the counts of background 0, which are not in it. Throws Error naming file and line for a
/// column that is missing, counts that cannot be, a distance that is none.
metrics::Segmentations read_segmentations(const std::string& path);

}  // namespace evax::report
