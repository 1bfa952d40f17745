#include "evax/tasks/explain/known_boxes.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/core/text.h"
#include "evax/evaluation/localization/place.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

std::string normal_path(const std::string& path) { return fs::path(path).lexically_normal(); }

bool ends_with_name(const std::string& path, const std::string& name) {
  return path == name || path.ends_with("/" + name);
}

}  // namespace

KnownBoxes::KnownBoxes(const std::string& list, const std::vector<std::string>& classes)
    : list_(data::read_boxes(list)) {
  for (std::string& label : list_.classes)
    for (const std::string& name : classes)
      if (plain_name(name) == plain_name(label)) label = name;
  for (size_t i = 0; i < list_.findings.size(); ++i)
    findings_.emplace(fs::path(list_.findings[i].name).filename(), i);
}

std::vector<report::TruthBox> KnownBoxes::on(const std::string& path, int width, int height,
                                             const weights::Preprocess& preprocess) {
  std::vector<report::TruthBox> boxes;
  const auto [begin, end] = findings_.equal_range(fs::path(path).filename());
  for (auto entry = begin; entry != end; ++entry) {
    const data::BoxedFinding& finding = list_.findings[entry->second];
    if (!ends_with_name(normal_path(path), normal_path(finding.name))) continue;
    try {
      const Box box =
          evaluation::place_on_xray(finding.box, list_.box_size, width, height, preprocess).box;
      boxes.push_back({list_.classes[static_cast<size_t>(finding.label)],
                       {double(box.x), double(box.y), double(box.width), double(box.height)}});
    } catch (const Error& reason) {
      ++skipped_;
      warn(fmt::format("skipped: {} line {}: {}", list_.source, finding.line, reason.what()));
    }
  }
  shown_ += boxes.size();
  images_ += boxes.empty() ? 0 : 1;
  return boxes;
}

std::string KnownBoxes::summary() const {
  return fmt::format("{} of {} on {} images; {} skipped", shown_,
                     fs::path(list_.source).filename().string(), images_, skipped_);
}

}  // namespace evax::tasks
