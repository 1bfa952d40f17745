#pragma once

#include <filesystem>
#include <string>

#include "evax/core/testing/support.h"

namespace evax::data {

using test::error_of;
using test::TestFolder;

inline std::string shared_file(const std::string& name) {
  return std::string(EVAX_SHARED_DIR) + "/" + name;
}

/// Ends a test, visibly, where the collection of X-rays beside the repository is absent.
#define NEEDS_SHARED(name) \
  if (!std::filesystem::exists(shared_file(name))) GTEST_SKIP() << "no " << shared_file(name)

}  // namespace evax::data
