#pragma once

#include <string>
#include <vector>

#include "evax/core/file.h"
#include "evax/core/testing/support.h"
#include "evax/report/findings/evaluation_page.h"
#include "evax/report/segmentation/page.h"

namespace evax::report {

using test::error_of;
using test::TestFolder;

inline std::string content(const std::string& path) {
  const auto bytes = read_file(path, size_t{1} << 24);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The visible text of a page, without tags and style.
inline std::string text_of(const std::string& page) {
  std::string text;
  bool in_tag = false;
  for (const char c : page.substr(page.find("<body>"))) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') in_tag = false;
  }
  return text;
}

/// Each part follows the one before.
inline void expect_order(const std::string& text, const std::vector<std::string>& parts) {
  size_t at = 0;
  for (const std::string& part : parts) {
    const size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part;
    at = found;
  }
}

/// The 14 findings of ChestX-ray14 with made-up figures, one of them absent, one with a hostile
/// name: a page with every section.
EvaluationPage findings_page();
/// Three exclusive classes, selected on the test set, not calibrated.
EvaluationPage exclusive_page();
/// One class marked on 40 images.
SegmentationPage masks_page();

}  // namespace evax::report
