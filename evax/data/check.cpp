#include "evax/data/check.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/grey.h"
#include "evax/data/perceptual_hash.h"
#include "evax/data/readers/files.h"
#include "evax/data/repeats.h"
#include "evax/data/segmentation/masked_image.h"
#include "evax/data/split.h"

namespace evax::data {
namespace {

// What is kept of an image that was opened.
struct Seen {
  bool missing = false;
  bool constant = false;
  std::string error;          // not empty: it could not be read
  std::string pixels;         // SHA-256 of size and pixels
  std::vector<bool> present;  // classes of its mask, in a segmentation list
  PerceptualHash hash{};

  bool comparable() const { return !pixels.empty() && !constant; }
};

struct SeenList {
  std::string name;
  const Dataset* dataset;
  std::vector<Seen> images;
};

bool is_constant(const image::Image& image) {
  const auto step = static_cast<size_t>(image.channels);
  for (size_t i = step; i < image.pixels.size(); ++i)
    if (image.pixels[i] != image.pixels[i - step]) return false;
  return true;
}

std::string pixel_digest(image::Image& image) {
  const int32_t shape[] = {image.width, image.height, image.channels};
  const auto* bytes = reinterpret_cast<const uint8_t*>(shape);
  image.pixels.insert(image.pixels.end(), bytes, bytes + sizeof(shape));
  std::string digest = sha256(std::as_bytes(std::span(image.pixels)));
  image.pixels.resize(image.pixels.size() - sizeof(shape));
  return digest;
}

std::vector<bool> classes_in(const Mask& mask, size_t classes) {
  std::vector<bool> present(classes);
  for (const uint8_t pixel : mask.pixels)
    if (pixel != 0 && pixel != ignored_pixel) present[pixel - 1] = true;
  return present;
}

void look_at(const Dataset& dataset, const Sample& sample, Seen& seen) {
  seen.error = attempt(sample.path, [&] {
    image::Image image;
    if (dataset.task == weights::Task::segmentation) {
      MaskedImage pair = read_masked_image(dataset, sample);
      seen.present = classes_in(pair.mask, dataset.classes.size());
      image = std::move(pair.image);
    } else {
      image = read_image(dataset, sample);
    }
    drop_equal_channels(image);
    seen.pixels = pixel_digest(image);
    seen.constant = is_constant(image);
    seen.hash = perceptual_hash(image);
  });
}

void look_at_all(std::vector<SeenList>& lists, ThreadPool& pool) {
  struct Job {
    const Dataset* dataset;
    size_t index;
    Seen* seen;
  };
  std::vector<Job> jobs;
  for (SeenList& list : lists) {
    list.images.resize(list.dataset->size());
    for (const uint32_t i : missing_files(*list.dataset)) list.images[i].missing = true;
    for (size_t i = 0; i < list.images.size(); ++i)
      if (!list.images[i].missing) jobs.push_back({list.dataset, i, &list.images[i]});
  }
  Progress progress("looking at images", jobs.size());
  pool.parallel_for(jobs.size(), [&](size_t i, size_t) {
    const auto& [dataset, index, seen] = jobs[i];
    look_at(*dataset, dataset->samples[index], *seen);
    progress.advance();
  });
}

// Which file a path means, links followed; empty for an image of a shard.
std::string file_of(const Sample& sample) {
  if (sample.shard) return {};
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(sample.path, error);
  return error ? plain_path(sample.path) : path.string();
}

void find_twins(const SeenList& list, ListCheck& check) {
  const Dataset& dataset = *list.dataset;
  std::vector<std::string> files, pixels;
  for (size_t i = 0; i < dataset.size(); ++i) {
    files.push_back(file_of(dataset.samples[i]));
    pixels.push_back(list.images[i].pixels);
  }
  const auto twin = [&](const Repeat& repeat) {
    return Twin{dataset.samples[repeat.first].path, dataset.samples[repeat.again].path, 0,
                repeat.opposite};
  };
  for (const Repeat& repeat : find_repeats(dataset, files)) {
    check.repeated.push_back(twin(repeat));
    pixels[repeat.again].clear();  // told once
  }
  for (const Repeat& repeat : find_repeats(dataset, pixels)) check.copies.push_back(twin(repeat));

  std::map<std::string, std::set<std::string>> files_called;
  for (const std::string& file : files)
    if (!file.empty()) files_called[file.substr(file.rfind('/') + 1)].insert(file);
  for (const auto& [name, paths] : files_called)
    if (paths.size() > 1) check.shared_names.push_back({name, {paths.begin(), paths.end()}});
}

ListCheck describe(const SeenList& list) {
  const Dataset& dataset = *list.dataset;
  ListCheck check;
  check.name = list.name;
  check.source = dataset.source;
  check.meta = dataset.meta;
  check.summary = summarise(dataset);
  find_twins(list, check);
  for (size_t i = 0; i < list.images.size(); ++i) {
    const std::string& path = dataset.samples[i].path;
    const Seen& seen = list.images[i];
    if (seen.missing) check.missing.push_back(missing_file(dataset.samples[i]));
    if (!seen.error.empty()) check.unreadable.emplace_back(path, seen.error);
    if (seen.constant) check.constant.push_back(path);
  }
  for (const Seen& seen : list.images)
    for (size_t i = 0; i < seen.present.size(); ++i)
      ++(seen.present[i] ? check.summary.labels[i].positive : check.summary.labels[i].negative);
  // A mask needs no negative: it has background.
  const bool needs_negatives = dataset.task != weights::Task::segmentation;
  for (size_t i = 0; i < dataset.classes.size(); ++i) {
    const LabelCount& count = check.summary.labels[i];
    if (count.positive == 0 || (needs_negatives && count.negative == 0))
      check.absent_classes.push_back(dataset.classes[i]);
  }
  return check;
}

// The nearest image of `list` that is near enough and not the same.
std::optional<std::pair<size_t, int>> nearest(const Seen& seen, const SeenList& list) {
  std::optional<std::pair<size_t, int>> best;
  for (size_t i = 0; i < list.images.size(); ++i) {
    const Seen& other = list.images[i];
    if (!other.comparable() || other.pixels == seen.pixels) continue;
    const int bits = distance(seen.hash, other.hash);
    if (bits <= near_identical && (!best || bits < best->second)) best = {i, bits};
  }
  return best;
}

PairCheck compare(const SeenList& a, const SeenList& b, ThreadPool& pool) {
  PairCheck check{a.name, b.name, shared_patients(*a.dataset, *b.dataset), {}, {}};
  const auto twin = [&](size_t i, size_t j, int bits) {
    return Twin{a.dataset->samples[i].path, b.dataset->samples[j].path, bits};
  };
  std::unordered_map<std::string_view, size_t> by_pixels;
  for (size_t i = 0; i < a.images.size(); ++i)
    if (!a.images[i].pixels.empty()) by_pixels.try_emplace(a.images[i].pixels, i);
  for (size_t j = 0; j < b.images.size(); ++j)
    if (const auto found = by_pixels.find(b.images[j].pixels); found != by_pixels.end())
      check.identical.push_back(twin(found->second, j, 0));

  std::vector<std::optional<std::pair<size_t, int>>> best(b.images.size());
  pool.parallel_for(b.images.size(), [&](size_t j, size_t) {
    if (b.images[j].comparable()) best[j] = nearest(b.images[j], a);
  });
  for (size_t j = 0; j < best.size(); ++j)
    if (best[j]) check.near_identical.push_back(twin(best[j]->first, j, best[j]->second));
  return check;
}

}  // namespace

bool CheckResult::leaks() const {
  return std::any_of(pairs.begin(), pairs.end(), [](const PairCheck& pair) {
    return !pair.patients.empty() || !pair.identical.empty();
  });
}

size_t CheckResult::broken() const {
  size_t count = 0;
  for (const ListCheck& list : lists) count += list.missing.size() + list.unreadable.size();
  return count;
}

size_t CheckResult::contradictions() const {
  size_t count = 0;
  for (const ListCheck& list : lists)
    for (const auto* twins : {&list.repeated, &list.copies})
      count += static_cast<size_t>(std::count_if(twins->begin(), twins->end(),
                                                 [](const Twin& twin) { return twin.opposite; }));
  return count;
}

CheckResult check(const Splits& splits, size_t threads) {
  std::vector<SeenList> lists;
  const auto add = [&](const char* name, const Dataset& dataset) {
    if (!dataset.samples.empty()) lists.push_back({name, &dataset, {}});
  };
  add("train", splits.train);
  add("val", splits.val);
  add("test", splits.test);

  ThreadPool pool(threads);
  look_at_all(lists, pool);
  CheckResult result;
  if (!lists.empty()) result.classes = lists.front().dataset->classes;
  for (const SeenList& list : lists) result.lists.push_back(describe(list));
  for (size_t i = 0; i < lists.size(); ++i)
    for (size_t j = i + 1; j < lists.size(); ++j)
      result.pairs.push_back(compare(lists[i], lists[j], pool));
  return result;
}

}  // namespace evax::data
