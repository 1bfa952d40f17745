#include "evax/tasks/data/data_stats.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/data/pixel_stats.h"
#include "evax/data/summary.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;
using data::PixelStats;

struct ListStats {
  std::string name;
  std::string source;
  data::Summary summary;
  PixelStats pixels;
};

std::vector<double> channels(const PixelStats& pixels, const std::array<double, 3>& values) {
  return {values.begin(), values.begin() + pixels.channels};
}

Json json_of(const std::vector<ListStats>& lists, const std::vector<std::string>& classes) {
  Json json{{"lists", Json::array()}};
  for (const ListStats& list : lists) {
    Json entry{{"name", list.name}, {"source", list.source}};
    entry.update(to_json(list.summary, classes));
    entry["mean"] = channels(list.pixels, list.pixels.mean);
    entry["std"] = channels(list.pixels, list.pixels.std);
    entry["unreadable"] = list.pixels.unreadable.size();
    entry["sizes"] = Json::array();
    for (const auto& [size, count] : list.pixels.sizes)
      entry["sizes"].push_back({{"width", size[0]}, {"height", size[1]}, {"images", count}});
    json["lists"].push_back(entry);
  }
  return json;
}

// "512 x 512" when all are the same, else "from 300 x 200 to 512 x 512, mostly 512 x 400".
std::string sizes_of(const PixelStats& pixels) {
  if (pixels.sizes.empty()) return "-";
  const auto text = [](const std::array<int, 2>& size) {
    return fmt::format("{} x {}", size[0], size[1]);
  };
  if (pixels.sizes.size() == 1) return text(pixels.sizes.begin()->first);
  std::array<int, 2> low = pixels.sizes.begin()->first;
  std::array<int, 2> high = low;
  auto most = pixels.sizes.begin();
  for (auto size = pixels.sizes.begin(); size != pixels.sizes.end(); ++size) {
    for (size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], size->first[i]);
      high[i] = std::max(high[i], size->first[i]);
    }
    if (size->second > most->second) most = size;
  }
  return fmt::format("{} to {}, most often {} ({} images)", text(low), text(high),
                     text(most->first), most->second);
}

std::string to_text(const std::vector<ListStats>& lists, const std::vector<std::string>& classes) {
  std::string text;
  std::vector<std::string> names;
  std::vector<data::Summary> summaries;
  for (const ListStats& list : lists) {
    names.push_back(list.name);
    summaries.push_back(list.summary);
    text += fmt::format("{}: {} images", list.name, list.summary.images);
    if (list.summary.patients > 0) text += fmt::format(" of {} patients", list.summary.patients);
    text +=
        fmt::format("\n  mean {:.6f}\n  std  {:.6f}\n  size {}\n",
                    fmt::join(channels(list.pixels, list.pixels.mean), ", "),
                    fmt::join(channels(list.pixels, list.pixels.std), ", "), sizes_of(list.pixels));
  }
  if (!classes.empty()) text += "\n" + label_table(classes, names, summaries);
  return text;
}

}  // namespace

int data_stats(const DataStatsOptions& options) {
  data::DataConfig config = read_source(options.source);
  config.val_fraction = 0;
  const data::Splits splits = load_as_given(config);

  std::vector<ListStats> lists;
  std::vector<std::string> classes;
  bool complete = true;
  const auto measure = [&](const char* name, const data::Dataset& dataset) {
    if (dataset.samples.empty()) return;
    classes = dataset.classes;
    lists.push_back({name, dataset.source, summarise(dataset),
                     pixel_stats(dataset, threads_of(options.threads))});
    tell_unreadable(lists.back().pixels.unreadable);
    complete = complete && lists.back().pixels.unreadable.empty();
  };
  measure("train", splits.train);
  measure("val", splits.val);
  measure("test", splits.test);

  Output output("");
  output.write(options.json ? shown(json_of(lists, classes)) : to_text(lists, classes));
  output.commit();
  return complete ? 0 : 3;
}

}  // namespace evax::tasks
