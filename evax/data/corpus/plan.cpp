#include "evax/data/corpus/plan.h"

#include <unordered_map>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/data/corpus/exclusions.h"
#include "evax/data/corpus/sources.h"
#include "evax/data/fingerprint.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/image/folder.h"

namespace evax::data {
namespace {

void add(PackList& list, const std::string& owner, const std::string& path, std::string file,
         const std::string& patient) {
  Sample& sample = list.dataset.samples.emplace_back();
  sample.path = std::move(file);
  if (!patient.empty()) sample.patient = owner + '/' + patient;
  list.names.push_back(owner + '/' + path);
}

class Planner {
 public:
  explicit Planner(const CorpusConfig& config) : config_(config), exclusions_(config.exclusions) {}

  CorpusPlan run() {
    plan_.images.dataset.source = "corpus";
    plan_.tests.dataset.source = "test images";
    plan_.images.dataset.reading.force = config_.force;
    plan_.tests.dataset.reading.force = config_.force;
    plan_.table = "source,path,patient,view,reason,detail\n";
    for (const CorpusSource& source : config_.sources) sort_out(source);
    if (plan_.images.names.empty()) refuse_empty();
    for (size_t i = 0; i < config_.exclusions.size(); ++i) add_test_images(i);
    return std::move(plan_);
  }

 private:
  // Why an image stays away, as far as lists tell; no reason: it does not.
  struct Verdict {
    const char* reason = "";
    std::string detail;
    std::string test;  // whose test image it is; empty: it is none
  };

  void sort_out(const CorpusSource& source) {
    protect_input(source.list);
    std::vector<SourceImage> images = read_source(source);
    if (images.empty()) fail("data.source.{}: expected images, found none", source.name);
    named_.assign(images.size(), std::nullopt);
    test_patients_.clear();
    for (size_t i = 0; i < images.size(); ++i) note_exclusions(source, images[i], named_[i]);
    constexpr size_t row_bytes = 100;  // about
    plan_.table.reserve(plan_.table.size() + row_bytes * images.size());
    for (size_t i = 0; i < images.size(); ++i) {
      SourceImage& image = images[i];
      const Verdict verdict = judge(source, image, named_[i]);
      ++reasons_[verdict.reason];
      plan_.table += fmt::format("{},{},{},{},{},{}\n", source.name, csv_field(image.path),
                                 csv_field(image.patient), csv_field(image.view), verdict.reason,
                                 csv_field(verdict.detail));
      if (*verdict.reason == '\0')
        add(plan_.images, source.name, image.path, std::move(image.file), image.patient);
      else if (!verdict.test.empty())
        add(plan_.tests, verdict.test, image.path, std::move(image.file), image.patient);
    }
  }

  void note_exclusions(const CorpusSource& source, const SourceImage& image,
                       std::optional<size_t>& named) {
    for (size_t i = 0; i < config_.exclusions.size(); ++i) {
      if (!exclusions_.name(i, source.name, image)) continue;
      if (!named) named = i;
      ++plan_.named[config_.exclusions[i].name];
      if (config_.exclusions[i].patients && !image.patient.empty())
        test_patients_.try_emplace(image.patient, i);
    }
  }

  Verdict judge(const CorpusSource& source, const SourceImage& image,
                std::optional<size_t> named) const {
    const auto name = [&](size_t exclusion) { return config_.exclusions[exclusion].name; };
    if (!image.frontal) return {not_frontal, image.view.empty() ? "unknown" : image.view, ""};
    if (image.official_test) return {official_test, "", source.name};
    if (named) return {test_list, name(*named), name(*named)};
    if (const auto patient = test_patients_.find(image.patient); patient != test_patients_.end())
      return {test_patient, name(patient->second), ""};
    for (size_t i = 0; i < config_.exclusions.size(); ++i)
      if (exclusions_.name_nih_patient(i, source.name, image)) return {test_patient, name(i), ""};
    return {};
  }

  [[noreturn]] void refuse_empty() const {
    size_t listed = 0;
    std::string why;
    for (const auto& [reason, count] : reasons_) {
      listed += count;
      why += fmt::format("{}{} {}", why.empty() ? "" : ", ", count, reason);
    }
    fail("data.source: expected frontal images that are on no test list, found none of {} ({})",
         listed, why);
  }

  // Those of a folder of their own: what the lists name there, or all of it.
  void add_test_images(size_t index) {
    const CorpusExclusion& exclusion = config_.exclusions[index];
    if (exclusion.images.empty()) return;
    if (exclusion.lists.empty()) {
      for (const std::string& file : image::images_below(exclusion.images))
        add(plan_.tests, exclusion.name, path_below(exclusion.images, file), file, "");
      return;
    }
    const FileIndex files(nih_folders(exclusion.images));
    for (const std::string& entry : exclusions_.entries(index)) {
      const bool bare = entry.find('/') == std::string::npos;
      add(plan_.tests, exclusion.name, entry,
          bare ? files.locate(entry) : join_path(exclusion.images, entry), "");
    }
  }

  const CorpusConfig& config_;
  Exclusions exclusions_;
  CorpusPlan plan_;
  std::map<std::string, size_t> reasons_;
  // Of the source being sorted out:
  std::vector<std::optional<size_t>> named_;
  std::unordered_map<std::string_view, size_t> test_patients_;
};

}  // namespace

CorpusPlan plan_corpus(const CorpusConfig& config) { return Planner(config).run(); }

}  // namespace evax::data
