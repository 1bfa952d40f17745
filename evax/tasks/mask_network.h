#pragma once

#include <vector>

#include "evax/evaluation/segmentation/segment.h"
#include "evax/tasks/runner.h"

namespace evax::tasks {

/// The network of a segmentation model, ready to run. threads: 0 for all.
evaluation::SegmentationNetwork mask_network(const weights::ModelFile& file,
                                             const MakeRunner& make_runner,
                                             engine::Precision precision, size_t threads);

/// The thresholds of a segmentation model, one per class; mmsegmentation's 0.3 where it has none.
std::vector<double> mask_thresholds(const weights::Metadata& model);

}  // namespace evax::tasks
