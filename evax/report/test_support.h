#pragma once

#include <string>

#include "evax/core/file.h"
#include "evax/core/testing/support.h"
#include "evax/report/evaluation_page.h"

namespace evax::report {

using test::error_of;
using test::TestFolder;

inline std::string content(const std::string& path) {
  const auto bytes = read_file(path, size_t{1} << 24);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The 14 findings of ChestX-ray14 with made-up figures, one of them absent, one with a hostile
/// name: a page with every section.
EvaluationPage findings_page();
/// Three exclusive classes, selected on the test set, not calibrated.
EvaluationPage exclusive_page();

}  // namespace evax::report
