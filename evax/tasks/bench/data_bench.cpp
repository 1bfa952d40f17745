#include "evax/tasks/bench/data_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/thread_pool.h"
#include "evax/data/augment/augment.h"
#include "evax/data/loader.h"
#include "evax/data/shards/pack.h"
#include "evax/data/shards/read.h"
#include "evax/data/transform.h"
#include "evax/image/read.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

constexpr int rounds = 3;
constexpr size_t batch_size = 32;

class Stopwatch {
 public:
  // Seconds since the last lap.
  double lap() {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    begin_ = now;
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

// Seconds an image takes on one thread, by stage.
struct Stages {
  double read = 0, decode = 0, transform = 0;
};

struct Row {
  const char* source;
  const char* transform;
  size_t threads;
  std::vector<double> rates;  // images per second, by round

  double rate() const {
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

struct Way {
  const char* source;
  const char* transform;
  const data::Dataset* dataset;
  data::SampleTransform apply;
  Stages stages;
};

// At most `count` samples, spread over the list.
data::Dataset spread(data::Dataset list, size_t count) {
  std::vector<data::Sample> chosen;
  count = std::min(count, list.size());
  for (size_t i = 0; i < count; ++i)
    chosen.push_back(std::move(list.samples[i * list.size() / count]));
  list.samples = std::move(chosen);
  return list;
}

Stages measure_stages(const Way& way, int size) {
  Stages sum;
  std::vector<float> out(size_t{3} * size * size);
  uint32_t number = 0;
  for (const data::Sample& sample : way.dataset->samples) {
    Stopwatch watch;
    image::Image picture;
    if (sample.shard) {
      picture = data::read_image(*way.dataset, sample);
      sum.read += watch.lap();
    } else {
      const auto bytes = read_file(sample.path, image::max_file_bytes);
      sum.read += watch.lap();
      picture = image::decode(bytes, sample.path, way.dataset->reading).image;
      sum.decode += watch.lap();
    }
    way.apply(picture, {0, 0, number++}, out.data());
    sum.transform += watch.lap();
  }
  const auto images = static_cast<double>(way.dataset->size());
  return {sum.read / images, sum.decode / images, sum.transform / images};
}

double images_per_second(const Way& way, int size, size_t threads, double seconds) {
  data::LoaderOptions options;
  options.batch_size = std::min(batch_size, way.dataset->size());
  options.shape = {3, size, size};
  options.workers = threads;
  data::Loader loader(*way.dataset, way.apply, options);
  data::Batch batch;
  Stopwatch watch;
  double spent = 0;
  size_t images = 0;
  for (uint32_t epoch = 0; spent < seconds; ++epoch) {
    loader.start(epoch);
    while (spent < seconds && loader.next(batch)) {
      images += batch.samples.size();
      spent += watch.lap();
    }
  }
  return static_cast<double>(images) / spent;
}

nlohmann::ordered_json to_json(const std::vector<Row>& rows, const std::vector<Way>& ways) {
  auto json = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    const Stages& stages = ways[i % ways.size()].stages;
    json.push_back({{"source", rows[i].source},
                    {"transform", rows[i].transform},
                    {"threads", rows[i].threads},
                    {"images_per_second", rows[i].rate()},
                    {"read_ms", 1e3 * stages.read},
                    {"decode_ms", 1e3 * stages.decode},
                    {"transform_ms", 1e3 * stages.transform}});
  }
  return json;
}

std::string to_table(const std::vector<Row>& rows, const std::vector<Way>& ways) {
  std::string text = fmt::format("{:<8} {:<12} {:>8} {:>10}   {}\n", "source", "transform",
                                 "threads", "images/s", "ms of one image on one thread");
  for (size_t i = 0; i < rows.size(); ++i) {
    const Stages& stages = ways[i % ways.size()].stages;
    text +=
        fmt::format("{:<8} {:<12} {:>8} {:>10.1f}   read {:.2f}, decode {:.2f}, transform {:.2f}\n",
                    rows[i].source, rows[i].transform, rows[i].threads, rows[i].rate(),
                    1e3 * stages.read, 1e3 * stages.decode, 1e3 * stages.transform);
  }
  return text;
}

}  // namespace

void data_bench(const DataBenchOptions& options) {
  if (options.count == 0) throw UsageError("--count: expected at least 1, found 0");
  data::Splits lists = data::read_lists(read_source(options.source));
  TomlTable tables = open_source(options.source);
  data::AugmentConfig augmentation;
  augmentation.policy = "timm";
  augmentation = data::read_augment_config(tables.table("augment"), augmentation);
  const weights::Preprocess preprocess = data::read_preprocess(tables.table("preprocess"), {});
  data::Dataset* list = &lists.train;
  for (data::Dataset* other : {&lists.val, &lists.test})
    if (list->samples.empty()) list = other;
  const data::Dataset given = spread(std::move(*list), options.count);
  const bool packed = given.samples[0].shard != nullptr;

  const TemporaryFolder scratch;
  data::Dataset shards;
  if (!packed) {
    data::PackOptions pack;
    pack.folder = scratch.path();
    pack.size = options.size;
    data::pack(given, pack);
    shards = data::read_shards(scratch.path());
  }

  const int size = preprocess.crop;
  const data::SampleTransform evaluate = data::evaluation_transform(preprocess);
  const data::SampleTransform augment = data::make_train_transform(augmentation, preprocess);
  std::vector<Way> ways;
  if (!packed) {
    ways.push_back({"files", "evaluation", &given, evaluate, {}});
    ways.push_back({"files", "training", &given, augment, {}});
  }
  const data::Dataset* dealt = packed ? &given : &shards;
  ways.push_back({"shards", "evaluation", dealt, evaluate, {}});
  ways.push_back({"shards", "training", dealt, augment, {}});

  std::vector<size_t> threads{1};
  if (available_threads() > 1) threads.push_back(available_threads());
  std::vector<Row> rows;
  for (const size_t count : threads)
    for (const Way& way : ways) rows.push_back({way.source, way.transform, count, {}});
  for (Way& way : ways) way.stages = measure_stages(way, size);
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i].rates.push_back(images_per_second(ways[i % ways.size()], size, rows[i].threads,
                                                options.seconds / rounds));

  Output output("");
  output.write(options.json ? to_json(rows, ways).dump(1) + "\n" : to_table(rows, ways));
  output.commit();
}

}  // namespace evax::tasks
