#pragma once

#include <optional>
#include <string>

namespace evax {

/// Where a path leads, link by link.
struct Place {
  std::string path;               // the last link's target; it need not be there
  std::optional<int> descriptor;  // it is /dev/fd/N of this process: N
};

/// Follows the links of a path. Throws Error when they go in circles.
Place follow(const std::string& path);

}  // namespace evax
