#pragma once

#include "evax/tasks/explain/explanation.h"

namespace evax::tasks {

/// The X-ray once for every point, three in a row: the point, and over the X-ray what it attends to
/// (paper, Fig. 8). cells: [points, grid, grid].
image::Image draw_sheet(const Subject& subject, const std::vector<image::Pixel>& points,
                        std::span<const float> cells, int grid);

}  // namespace evax::tasks
