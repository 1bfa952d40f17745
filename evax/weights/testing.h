#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "evax/core/error.h"

namespace evax::weights::testing {

inline std::string fixture(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/" + name;
}

/// A file outside the repository; empty where it is absent, and then the test skips.
inline std::string shared_file(const std::string& name) {
  const std::string path = std::string(EVAX_SHARED_DIR) + "/" + name;
  return std::filesystem::exists(path) ? path : "";
}

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evax-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The sentence of the Error that `action` throws; "" when it throws none.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Expects `action` to throw an Error whose sentence holds `part`.
template <typename Action>
void expect_error(Action action, const std::string& part) {
  const std::string sentence = error_of(action);
  EXPECT_NE(sentence.find(part), std::string::npos)
      << "expected an error with '" << part << "', found '" << sentence << "'";
}

}  // namespace evax::weights::testing
