#pragma once

#include <string>
#include <vector>

namespace evax::tasks {

/// The image files that a command line means, in the order given: a file is itself (even a missing
/// one: reading it will say so), a folder is every image below it by name, sorted, and a pattern
/// with *, ? or [ is what it matches. Throws Error when a folder holds no image or a pattern
/// matches nothing.
std::vector<std::string> collect_images(const std::vector<std::string>& paths);

}  // namespace evax::tasks
