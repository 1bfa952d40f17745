#include "evax/tasks/explain/points.h"

#include "evax/core/error.h"

namespace evax::tasks {

std::vector<image::Pixel> grid_points(const Box& seen) {
  std::vector<image::Pixel> points;
  for (const int row : {1, 3, 5})
    for (const int column : {1, 3, 5})
      points.push_back({seen.x + column * seen.width / 6, seen.y + row * seen.height / 6});
  return points;
}

std::vector<uint32_t> tokens_at(const std::vector<image::Pixel>& points, const Subject& subject,
                                int grid) {
  const image::Image& image = subject.image;
  const Box& seen = subject.seen;
  std::vector<uint32_t> tokens;
  for (const auto& [x, y] : points) {
    if (!contains({0, 0, image.width, image.height}, x, y))
      fail("{}: expected a point within {} x {} pixels, found {},{}", subject.item.path,
           image.width, image.height, x, y);
    if (!contains(seen, x, y))
      fail(
          "{}: the model does not see {},{}: its input is {} x {} pixels of the X-ray from {},{} "
          "on",
          subject.item.path, x, y, seen.width, seen.height, seen.x, seen.y);
    const auto patch = [&](int at, int extent) {
      return static_cast<uint32_t>(int64_t{at} * grid / extent);
    };
    tokens.push_back(1 + patch(y - seen.y, seen.height) * static_cast<uint32_t>(grid) +
                     patch(x - seen.x, seen.width));
  }
  return tokens;
}

nlohmann::ordered_json points_json(const std::vector<image::Pixel>& points,
                                   const std::vector<uint32_t>& tokens, int grid) {
  auto json = nlohmann::ordered_json::array();
  for (size_t i = 0; i < points.size(); ++i) {
    const int patch = static_cast<int>(tokens[i]) - 1;
    json.push_back(
        {{"x", points[i].x}, {"y", points[i].y}, {"row", patch / grid}, {"column", patch % grid}});
  }
  return json;
}

}  // namespace evax::tasks
