#pragma once

#include <filesystem>
#include <string>

#include "evax/core/testing/support.h"

namespace evax::weights::testing {

inline std::string fixture(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/" + name;
}

/// A file outside the repository; empty where it is absent, and then the test skips.
inline std::string shared_file(const std::string& name) {
  const std::string path = std::string(EVAX_SHARED_DIR) + "/" + name;
  return std::filesystem::exists(path) ? path : "";
}

using test::error_of;
using TemporaryFolder = test::TestFolder;

/// Expects `action` to throw an Error whose sentence holds `part`.
template <typename Action>
void expect_error(Action action, const std::string& part) {
  const std::string sentence = error_of(action);
  EXPECT_NE(sentence.find(part), std::string::npos)
      << "expected an error with '" << part << "', found '" << sentence << "'";
}

}  // namespace evax::weights::testing
