#include "evax/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/normal_form.h"
#include "evax/data/corpus/read.h"
#include "evax/data/labels.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/readers.h"
#include "evax/data/repeats.h"
#include "evax/data/shards/read.h"
#include "evax/data/shards/shard.h"
#include "evax/data/split.h"
#include "evax/data/summary.h"
#include "evax/data/warnings.h"
#include "evax/image/read.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;
constexpr uint64_t validation_seed = 0;  // design.md, "CSV lists"
constexpr uint32_t chexpert_seed = 123;  // spec C.5

std::string packed_folder(const std::string& list, const DataConfig& config) {
  return list.empty() ? config.images : join_path(config.images, list);
}

List read_packed(const std::string& list, const DataConfig& config, Role) {
  const std::string folder = packed_folder(list, config);
  if (has_corpus(folder))
    fail(
        "{}: expected data.kind = \"merged\" for a corpus, whose shards also contain copies, found "
        "{}",
        folder, config.kind);
  List result;
  result.dataset = read_shards(folder, config.corrupted == "skip" ? &result.notes : nullptr);
  return result;
}

List read_merged(const std::string& list, const DataConfig& config, Role) {
  List result;
  result.dataset = read_corpus(packed_folder(list, config),
                               config.corrupted == "skip" ? &result.notes : nullptr);
  return result;
}

struct Kind {
  std::string_view name;
  Reader read;
  bool has_lists;  // otherwise `train` and the others name folders below `images`
};
constexpr Kind kinds[] = {{"cxr14", read_cxr14, true},     {"chexpert", read_chexpert, true},
                          {"covidx3", read_covidx3, true}, {"covidx4", read_covidx4, true},
                          {"csv", read_csv, true},         {"folder", read_folder, false},
                          {"shards", read_packed, false},  {"merged", read_merged, false}};

const Kind& kind_named(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  fail("data.kind: expected one of {}, found '{}'", fmt::join(names, ", "), name);
}

void check(const DataConfig& config, const Kind& kind) {
  std::error_code ignored;
  if (!config.images.empty() && !fs::is_directory(existing_form(config.images), ignored))
    fail("data.images: expected a folder, found {}", config.images);
  if (!config.masks.empty() && config.kind != "csv")
    fail("data.masks: expected none for the kind {}, found {}", kind.name, config.masks);
  if (!config.masks.empty() && !fs::is_directory(existing_form(config.masks), ignored))
    fail("data.masks: expected a folder, found {}", config.masks);
  if (!kind.has_lists && config.images.empty())
    fail("data.images: expected a folder for the kind {}, found none", kind.name);
  if (kind.has_lists && config.train.empty() && config.val.empty() && config.test.empty())
    fail("data.train: expected a list for the kind {}, found none", kind.name);
  if (!(config.fraction > 0 && config.fraction <= 1))
    fail("data.fraction: expected a number above 0, at most 1, found {}", config.fraction);
  if (config.fraction_mode != "honest" && config.fraction_mode != "paper")
    fail("data.fraction_mode: expected honest or paper, found '{}'", config.fraction_mode);
  if (!(config.val_fraction >= 0 && config.val_fraction < 1))
    fail("data.val_fraction: expected a number from 0, below 1, found {}", config.val_fraction);
  if (!config.split) return;
  const auto& [column, val, test, seed] = *config.split;
  if (!(val >= 0 && test >= 0 && val + test < 1))
    fail("data.split: expected shares from 0 for val and test, together below 1, found {} and {}",
         val, test);
}

size_t count_patients(const Dataset& dataset) {
  std::set<std::string_view> patients;
  for (const Sample& sample : dataset.samples) patients.insert(sample.patient);
  patients.erase("");
  return patients.size();
}

std::string size_of(const Dataset& dataset) {
  const size_t patients = count_patients(dataset);
  return patients == 0 ? fmt::format("{} images, patients unknown", dataset.size())
                       : fmt::format("{} images of {} patients", dataset.size(), patients);
}

// Steps of load_splits, in its order.
class Loading {
 public:
  Loading(const DataConfig& config, bool paper, uint64_t seed)
      : config_(config), kind_(kind_named(config.kind)), paper_(paper), seed_(seed) {}

  Splits run() {
    check(config_, kind_);
    read_lists();
    if (!splits_.train.samples.empty()) make_validation_set();
    refuse_leaks();
    if (config_.fraction < 1 && !splits_.train.samples.empty()) take_fraction();
    apply_labels();
    if (paper_ && config_.kind == "chexpert") sample_like_chexpert();
    for (Dataset* dataset : all()) count_missing(*dataset);
    describe();
    return std::move(splits_);
  }

  Splits lists() {
    check(config_, kind_);
    read_lists();
    describe();
    return std::move(splits_);
  }

 private:
  std::array<Dataset*, 3> all() { return {&splits_.train, &splits_.val, &splits_.test}; }

  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    splits_.notes.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void read_lists() {
    const bool scored_only =
        config_.train.empty() && !(config_.val.empty() && config_.test.empty());
    DataConfig config = config_;
    if (!scored_only) {
      splits_.train = read(config_.train, config, Role::train);
      config.classes = splits_.train.classes;
    }
    if (!config_.val.empty()) splits_.val = read(config_.val, config, Role::val);
    if (!config_.test.empty()) splits_.test = read(config_.test, config, Role::test);
    if (scored_only) return;
    for (const Dataset* other : {&splits_.val, &splits_.test})
      if (!other->samples.empty() &&
          (other->task != splits_.train.task || other->classes != splits_.train.classes))
        fail("{}: expected the classes of the training set, {}, found {}", other->source,
             fmt::join(splits_.train.classes, ", "), fmt::join(other->classes, ", "));
  }

  Dataset read(const std::string& list, DataConfig config, Role role) {
    if (config.images.empty()) config.images = fs::path(list).parent_path().string();
    if (kind_.has_lists) protect_input(list);
    config.images = existing_form(config.images);
    List result = kind_.read(list, config, role);
    Dataset& dataset = result.dataset;
    dataset.reading.force = config.force;
    dataset.reading.bits = config.bits;
    dataset.source = kind_.has_lists ? list
                     : list.empty()  ? config.images
                                     : join_path(config.images, list);
    dataset.warnings = std::make_shared<WarningTally>(dataset.source);
    if (dataset.samples.empty())
      fail("{}: expected at least one image, found none", dataset.source);
    if (!dataset.classes.empty()) weights::check_classes(dataset.classes, dataset.source);
    for (std::string& line : result.notes) splits_.notes.push_back(std::move(line));
    if (result.blank > 0) note("{}: {} blank labels count as 0", dataset.source, result.blank);
    return std::move(dataset);
  }

  void make_validation_set() {
    Dataset& train = splits_.train;
    if (config_.split && config_.val.empty() && config_.test.empty()) {
      const SplitConfig& split = *config_.split;
      std::vector<Dataset> parts = deal(train, {split.val, split.test}, split.seed);
      train = std::move(parts[0]);
      splits_.val = std::move(parts[1]);
      splits_.test = std::move(parts[2]);
      note("random split, seed {}: train {}; val {}; test {}", split.seed, size_of(train),
           size_of(splits_.val), size_of(splits_.test));
    } else if (config_.val.empty() && paper_) {
      note("no validation list: none is split off the training set, as in the original");
    } else if (config_.val.empty() && config_.val_fraction > 0) {
      std::vector<Dataset> parts = deal(train, {config_.val_fraction}, validation_seed);
      train = std::move(parts[0]);
      splits_.val = std::move(parts[1]);
      note("no validation list: {:.3g} % of the training set, {}, are taken (seed {})",
           100 * config_.val_fraction, size_of(splits_.val), validation_seed);
    }
  }

  void refuse_leaks() {
    const std::vector<std::string> leaks = find_leaks(splits_);
    if (leaks.empty()) return;
    if (!config_.allow_leak)
      fail("{}: expected disjoint lists, found {} (allow_leak = true lets it pass)",
           kind_.has_lists ? splits_.train.source : config_.images, fmt::join(leaks, "; "));
    for (const std::string& leak : leaks) note("leak: {}", leak);
  }

  void take_fraction() {
    Dataset& train = splits_.train;
    const size_t size = train.size();
    if (config_.fraction_mode == "honest") {
      train = subset(train, config_.fraction, seed_);
      note("fraction {}: {} of {} training images", config_.fraction, train.size(), size);
      return;
    }
    if (config_.kind == "chexpert")
      fail(
          "data.fraction: expected fraction_mode = \"honest\" for the kind chexpert, which the "
          "original never reads in part, found paper");
    const auto count = static_cast<size_t>(static_cast<double>(size) * config_.fraction);
    if (count == 0) fail("data.fraction: expected at least one image of {}, found none", size);
    std::vector<Sample> samples;
    for (const uint32_t i : python_sample(size, count, static_cast<uint32_t>(seed_)))
      samples.push_back(std::move(train.samples[i]));
    train.samples = std::move(samples);
    splits_.sampling = Sampling::modulo;
    splits_.epoch_length = static_cast<size_t>(static_cast<double>(count) / config_.fraction);
    note("fraction {} as in the original: {} of {} training images, repeated to {} an epoch",
         config_.fraction, count, size, splits_.epoch_length);
  }

  void apply_labels() {
    const LabelPolicy policy = label_policy(config_.label_policy, config_.kind);
    size_t uncertain = 0;
    for (Dataset* dataset : all())
      uncertain += apply_policy(*dataset, policy, seed_, dataset != &splits_.train);
    splits_.policy = uncertain > 0 ? name_of(policy) : "none";
    if (uncertain > 0)
      note("{} uncertain labels: policy {}{}", uncertain, splits_.policy,
           config_.label_policy.empty() ? " (the default)" : "");
  }

  void sample_like_chexpert() {
    Dataset& train = splits_.train;
    std::vector<Sample> samples;
    for (const uint32_t i : numpy_shuffle(train.size(), chexpert_seed))
      samples.push_back(std::move(train.samples[i]));
    train.samples = std::move(samples);
    splits_.epoch_length = chexpert_epoch_length(train.size());
    if (splits_.epoch_length == 0) return;  // too few for the original's epochs
    splits_.sampling = Sampling::chexpert_half;
    note("as in the original, an epoch is {} draws from the first half of {} training images",
         splits_.epoch_length, train.size());
  }

  // Names the classes that were found, and what else there is: a column that was meant to be one
  // shows in the wrong place.
  void describe() {
    for (const auto& [name, dataset] :
         {std::pair("train", &splits_.train), {"val", &splits_.val}, {"test", &splits_.test}})
      if (!dataset->samples.empty()) {
        for (std::string& line : summary_lines(name, *dataset))
          splits_.notes.push_back(std::move(line));
        tell_repeats(name, *dataset);
      }
  }

  void tell_repeats(const char* name, const Dataset& dataset) {
    const std::vector<Repeat> repeats = find_repeats(dataset);
    if (repeats.empty()) return;
    const auto opposite =
        std::count_if(repeats.begin(), repeats.end(), [](const Repeat& r) { return r.opposite; });
    note(
        "{}: rows that repeat an image listed before: {}, with opposite labels: {}; the first is "
        "{}",
        name, repeats.size(), opposite, dataset.samples[repeats.front().again].path);
  }

  void count_missing(Dataset& dataset) {
    const std::vector<uint32_t> missing = missing_files(dataset);
    dataset.missing = missing.size();
    if (missing.empty()) return;
    const bool masks = dataset.task == weights::Task::segmentation;
    note("{}: {} of {} images{} are missing, the first is {}", dataset.source, missing.size(),
         dataset.size(), masks ? " or their masks" : "",
         missing_file(dataset.samples[missing.front()]));
  }

  const DataConfig& config_;
  const Kind& kind_;
  bool paper_;
  uint64_t seed_;
  Splits splits_;
};

}  // namespace

Splits load_splits(const DataConfig& config, bool paper, uint64_t seed) {
  return Loading(config, paper, seed).run();
}

Splits read_lists(const DataConfig& config) { return Loading(config, false, 0).lists(); }

image::Radiograph read_radiograph(const Dataset& dataset, const Sample& sample) {
  image::Radiograph xray = sample.shard ? image::Radiograph{sample.shard->image(sample.record), {}}
                                        : image::read(sample.path, dataset.reading);
  if (dataset.warnings) dataset.warnings->add(sample.path, xray);
  return xray;
}

image::Image read_image(const Dataset& dataset, const Sample& sample) {
  return read_radiograph(dataset, sample).image;
}

std::string nih_patient(const std::string& file_name) {
  constexpr size_t digits = 8;
  const std::string name = fs::path(file_name).filename().string();
  const bool fits =
      name.size() > digits && name[digits] == '_' && name.find_first_not_of("0123456789") == digits;
  return fits ? name.substr(0, digits) : "";
}

}  // namespace evax::data
