#pragma once

#include <cstdint>
#include <vector>

#include "evax/image/heat/colour_map.h"
#include "evax/tasks/explain/explanation.h"

namespace evax::tasks {

/// Colour of the rings around points: vermilion, which neither X-rays nor viridis have.
inline constexpr image::Rgb point_colour{213, 94, 0};

/// Nine points, the centres of a network's view cut three by three.
std::vector<image::Pixel> grid_points(const Box& seen);

/// The tokens of the patches that points of the X-ray fall into. Throws Error naming the image for
/// a point outside of it or of what the network sees.
std::vector<uint32_t> tokens_at(const std::vector<image::Pixel>& points, const Subject& subject,
                                int grid);

/// [{x, y, row, column}, ...] for STEM.json.
nlohmann::ordered_json points_json(const std::vector<image::Pixel>& points,
                                   const std::vector<uint32_t>& tokens, int grid);

}  // namespace evax::tasks
