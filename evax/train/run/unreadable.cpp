#include "evax/train/run/unreadable.h"

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/data/readers/files.h"

namespace evax::train {

void check_files(const data::Dataset& list) {
  if (list.missing * 100 <= list.size()) return;
  const std::vector<uint32_t> missing = data::missing_files(list);
  fail("{}: expected at most 1 % of the images{} to be missing, found {} of {}{}", list.source,
       list.task == weights::Task::segmentation ? " or their masks" : "", list.missing, list.size(),
       missing.empty() ? "" : ", the first is " + data::missing_file(list.samples[missing[0]]));
}

UnreadableImages::UnreadableImages(const data::Dataset& dataset, const std::string& folder,
                                   int rank)
    : dataset_(dataset),
      path_(rank == 0 ? folder + "/unreadable.csv"
                      : fmt::format("{}/unreadable_rank{}.csv", folder, rank)) {}

void UnreadableImages::add(const std::vector<std::pair<uint32_t, std::string>>& found) {
  bool changed = false;
  for (const auto& [sample, reason] : found) {
    const std::string& path = dataset_.samples.at(sample).path;
    if (!paths_.insert(path).second) continue;
    warn("training continues without an image: " + reason);
    rows_.emplace_back(path, reason);
    changed = true;
  }
  if (!changed) return;
  write();
  if (paths_.size() * 100 > dataset_.size())
    fail("{}: expected at most 1 % unreadable images, found {} of {} so far (listed there)", path_,
         paths_.size(), dataset_.size());
}

void UnreadableImages::write() const {
  std::string text = "path,reason\n";
  for (const auto& [path, reason] : rows_) text += csv_field(path) + "," + csv_field(reason) + "\n";
  write_file(path_, text);
}

}  // namespace evax::train
