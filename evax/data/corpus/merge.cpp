#include "evax/data/corpus/merge.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/core/thread_pool.h"
#include "evax/data/corpus/decide.h"
#include "evax/data/corpus/marks.h"
#include "evax/data/corpus/pack.h"
#include "evax/data/corpus/plan.h"
#include "evax/data/corpus/plan_table.h"
#include "evax/data/corpus/settings.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// What killed runs left behind, "corpus.csv.PID.N.tmp": nobody writes here once parts are merged.
void remove_unfinished(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> unfinished;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool ours = name.find(".csv.") != std::string::npos ||
                      name.find(".json.") != std::string::npos ||
                      name.find(".shard.") != std::string::npos;
    if (ours && name.ends_with(".tmp")) unfinished.push_back(entry->path());
  }
  for (const fs::path& path : unfinished) fs::remove(path, error);
}

class Merger {
 public:
  Merger(const std::string& folder, size_t threads)
      : folder_(folder),
        settings_(read_settings(below(settings_file))),
        plan_(below(plan_file)),
        images_(read_marks(folder)),
        pool_(threads) {
    if (settings_.tests > 0) tests_ = read_marks(below(tests_folder));
    check_count(folder, settings_.images, images_);
    check_count(below(tests_folder), settings_.tests, tests_);
  }

  CorpusReport run() {
    remove_unfinished(folder_);
    remove_unfinished(below(tests_folder));
    number_patients();
    Candidates candidates{images_.marks, patients_, tests_.marks, {}};
    for (const Mark& test : tests_.marks)
      candidates.whole_patient.push_back(settings_.takes_patients(tests_.owners[test.owner]));
    decisions_ = decide(candidates, settings_.decide, pool_);
    write_lists();
    count_tests();
    measure();
    write_file(below(report_file), json_text(to_json(report_), 1) + "\n");
    return std::move(report_);
  }

 private:
  std::string below(const char* name) const { return (fs::path(folder_) / name).string(); }

  void check_count(const std::string& folder, size_t expected, const Marks& found) const {
    if (found.marks.size() != expected)
      fail("{}: expected shards of the {} images of {}, found shards of {}", folder, expected,
           below(settings_file), found.marks.size());
  }

  void number_patients() {
    std::unordered_map<std::string, uint32_t> numbers;
    while (plan_.next()) {
      if (!plan_.is_packed()) continue;
      const auto next = static_cast<uint32_t>(numbers.size() + 1);
      patients_.push_back(
          plan_.patient().empty()
              ? 0
              : numbers.try_emplace(plan_.source() + '/' + plan_.patient(), next).first->second);
    }
    plan_.rewind();
    if (patients_.size() != images_.marks.size())
      fail("{}: expected the {} images of the shards, found {}", below(plan_file),
           images_.marks.size(), patients_.size());
  }

  CorpusReport::Source& source_named(const std::string& name) {
    if (report_.sources.empty() || report_.sources.back().name != name)
      report_.sources.push_back({name, 0, 0, 0, {}});
    return report_.sources.back();
  }

  // The manifest after what says why the others are not in it.
  void write_lists() {
    AtomicFile manifest(below(manifest_file));
    AtomicFile excluded(below(excluded_file));
    manifest.write("source,patient,view,hash,path,shard,record\n");
    excluded.write("source,path,reason,detail\n");
    size_t image = 0;
    while (plan_.next()) {
      CorpusReport::Source& source = source_named(plan_.source());
      ++source.listed;
      std::string reason = plan_.reason();
      std::string detail = plan_.detail();
      if (plan_.is_packed()) {
        if (plan_.view().empty()) ++source.without_view;
        const Decision& decision = decisions_[image];
        reason = decision.reason;
        if (reason.empty()) {
          manifest.write(manifest_row(image));
          ++source.kept;
        } else {
          detail = detail_of(decision, images_.marks[image]);
        }
        ++image;
      }
      if (reason.empty()) continue;
      ++source.excluded[reason];
      excluded.write(fmt::format("{},{},{},{}\n", plan_.source(), csv_field(plan_.path()), reason,
                                 csv_field(detail)));
    }
    excluded.commit();
    for (const CorpusReport::Source& source : report_.sources) report_.images += source.kept;
    if (report_.images == 0) {
      std::error_code ignored;
      fs::remove(below(manifest_file), ignored);  // of an earlier merging
      fail("{}: expected images to keep, found none of {}: see {}", folder_, image,
           below(excluded_file));
    }
    manifest.commit();
  }

  std::string manifest_row(size_t image) const {
    const Mark& mark = images_.marks[image];
    if (images_.name(image) != plan_.name())
      fail("{}: expected {} as image {}, found {}; the shards and {} are of two corpora", folder_,
           plan_.name(), image, images_.name(image), plan_file);
    return fmt::format("{},{},{},{},{},{},{}\n", plan_.source(), csv_field(plan_.patient()),
                       csv_field(plan_.view()), hex_of(*mark.hash), csv_field(plan_.path()),
                       mark.shard, mark.record);
  }

  std::string detail_of(const Decision& decision, const Mark& mark) const {
    const std::string_view reason = decision.reason;
    if (reason == unreadable) return mark.problem;
    if (reason == test_image)
      return fmt::format("{} ({} bits)", tests_.name(decision.other), decision.bits);
    if (reason == test_patient) return tests_.name(decision.other);
    if (reason == identical) return images_.name(decision.other);
    if (reason == near_copy)
      return fmt::format("{} ({} bits)", images_.name(decision.other), decision.bits);
    return {};
  }

  void count_tests() {
    for (const auto& [name, exclusion] : settings_.exclude)
      report_.tests[name].named = exclusion.named;
    for (const Mark& test : tests_.marks) {
      CorpusReport::Tests& tests = report_.tests[tests_.owners[test.owner]];
      ++(test.hash ? tests.compared : tests.absent);
    }
  }

  void measure() {
    std::unordered_set<uint32_t> patients;
    double values = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < decisions_.size(); ++i) {
      if (*decisions_[i].reason != '\0') continue;
      patients.insert(patients_[i]);
      const Mark& mark = images_.marks[i];
      values += static_cast<double>(mark.values);
      sum += static_cast<double>(mark.sum);
      squares += static_cast<double>(mark.squares);
    }
    patients.erase(0);
    report_.patients = patients.size();
    report_.size = settings_.size;
    report_.mean = sum / values / 255;
    report_.std =
        std::sqrt(std::max(0.0, squares / values / 255 / 255 - report_.mean * report_.mean));
  }

  const std::string folder_;
  CorpusSettings settings_;
  PlanTable plan_;
  Marks images_, tests_;
  ThreadPool pool_;
  std::vector<uint32_t> patients_;  // of the images, by number; 0: unknown
  std::vector<Decision> decisions_;
  CorpusReport report_;
};

}  // namespace

CorpusReport merge_corpus(const std::string& folder, size_t threads) {
  return Merger(folder, threads).run();
}

}  // namespace evax::data
