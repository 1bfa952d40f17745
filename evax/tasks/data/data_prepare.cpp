#include "evax/tasks/data/data_prepare.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"
#include "evax/data/grey.h"
#include "evax/data/segmentation/source_fingerprint.h"
#include "evax/data/segmentation/split_lists.h"
#include "evax/image/read.h"
#include "evax/image/write.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/data/data_source.h"
#include "evax/tasks/data/prepared_log.h"
#include "evax/tasks/outcome.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using data::AnnotatedImage;
using data::AnnotatedSet;

// Where an image or its mask lies below the output folder.
std::string relative_path(const char* folder, const AnnotatedImage& image) {
  return fmt::format("{}/{}.png", folder, image.name);
}

// Without links, dots and a slash at the end.
fs::path resolved(const std::string& path) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(path, ignored);
  return whole.has_filename() ? whole : whole.parent_path();
}

enum class State { failed, empty, has_target };

struct List {
  std::string text;  // as CSV
  size_t images = 0;
  size_t empty = 0;  // of the masks
};

class Preparation {
 public:
  Preparation(const DataPrepareOptions& options, AnnotatedSet set)
      : options_(options), set_(std::move(set)), lists_(options.train_list, options.test_list) {
    protect_inputs();
    refuse_sources_as_output();
    leave_out_unlisted();
    states_.resize(set_.images.size());
  }

  int run() {
    for (const char* folder : {"images", "masks"}) make_folder(output(folder));
    for (const std::string& sentence : set_.unpaired) outcome_.report(sentence);
    warn_of_shared_patients();
    prepare_all();
    if (outcome_.done > 0) {
      refuse_empty_masks();
      write_lists();
    }
    tell_left_out();
    return outcome_.exit_code();
  }

 private:
  std::string output(const std::string& name) const {
    return (fs::path(options_.output) / name).string();
  }

  void protect_inputs() const {
    const data::AnnotatedSource& source = options_.source;
    for (const std::string& path : source.paths) protect_input(path);
    for (const std::string& path : {source.patients, options_.train_list, options_.test_list})
      protect_input(path);
  }

  // It would write over the masks that it reads.
  void refuse_sources_as_output() const {
    std::set<fs::path> written{resolved(options_.output)};
    for (const char* folder : {"images", "masks"}) written.insert(resolved(output(folder)));
    for (const std::string& path : options_.source.paths)
      if (written.contains(resolved(path)))
        fail("{}: expected another folder to write into than {}, found the same", path,
             options_.output);
    std::vector<std::string> read;
    for (const AnnotatedImage& image : set_.images) read.push_back(image.path);
    for (const char* folder : {"images", "masks"}) refuse_folder_of_inputs(output(folder), read);
  }

  void leave_out_unlisted() {
    std::set<std::string> absent = lists_.names();
    for (const AnnotatedImage& image : set_.images) absent.erase(image.name);
    if (!absent.empty())
      warn(fmt::format("{} listed images have no target, among them {}", absent.size(),
                       *absent.begin()));
    unlisted_ = std::erase_if(set_.images, [&](const AnnotatedImage& image) {
      return lists_.part_of(image.name).empty();
    });
  }

  void prepare_all() {
    PreparedLog log(
        output("prepared.txt"),
        data::fingerprint(options_.source) +
            (options_.reading.bits > 0 ? fmt::format(" bits {}", options_.reading.bits) : ""));
    ThreadPool pool(threads_of(options_.threads));
    Progress progress("prepared", set_.images.size());
    std::mutex mutex;  // guards outcome_ and kept_
    pool.parallel_for(set_.images.size(), [&](size_t i, size_t) {
      const AnnotatedImage& image = set_.images[i];
      const std::optional<bool> known = files_exist(image) ? log.find(image.name) : std::nullopt;
      const std::string error = attempt(image.path, [&] {
        const bool has_target = known ? *known : prepare(image);
        states_[i] = has_target ? State::has_target : State::empty;
        if (!known) log.add(image.name, has_target);
      });
      const std::lock_guard lock(mutex);
      kept_ += known ? 1 : 0;
      outcome_.count(error);
      progress.advance();
    });
  }

  bool files_exist(const AnnotatedImage& image) const {
    return fs::exists(output(relative_path("images", image))) &&
           fs::exists(output(relative_path("masks", image)));
  }

  // Whether its mask has a target.
  bool prepare(const AnnotatedImage& image) const {
    image::Image picture = image::read(image.path, options_.reading).image;
    const data::Mask mask = image.make_mask(picture);
    data::drop_equal_channels(picture);
    image::write_png(output(relative_path("images", image)), picture);
    image::write_png(output(relative_path("masks", image)), mask);
    return data::has_target(mask);
  }

  void refuse_empty_masks() {
    if (std::find(states_.begin(), states_.end(), State::has_target) == states_.end())
      outcome_.report(fmt::format("{}: expected a mask with a target, found {} empty ones",
                                  options_.source.paths.back(), outcome_.done));
  }

  // The columns of AnnotatedSet::meta that any image fills.
  std::vector<size_t> filled_meta() const {
    std::vector<size_t> columns;
    for (size_t i = 0; i < set_.meta.size(); ++i)
      if (std::any_of(set_.images.begin(), set_.images.end(),
                      [&](const AnnotatedImage& image) { return !image.meta[i].empty(); }))
        columns.push_back(i);
    return columns;
  }

  bool any_patient() const {
    return std::any_of(set_.images.begin(), set_.images.end(),
                       [](const AnnotatedImage& image) { return !image.patient.empty(); });
  }

  // The lists by their names.
  std::map<std::string, List> make_lists() const {
    const std::vector<size_t> meta = filled_meta();
    const bool patients = any_patient();
    std::string header = patients ? "path,mask,patient" : "path,mask";
    for (const size_t column : meta) header += "," + csv_field(set_.meta[column]);
    std::map<std::string, List> lists;
    for (size_t i = 0; i < set_.images.size(); ++i) {
      if (states_[i] == State::failed) continue;
      const AnnotatedImage& image = set_.images[i];
      List& list = lists[lists_.part_of(image.name)];
      if (list.images == 0) list.text = header + '\n';
      list.text += csv_field(relative_path("images", image)) + "," +
                   csv_field(relative_path("masks", image));
      if (patients) list.text += "," + csv_field(image.patient);
      for (const size_t column : meta) list.text += "," + csv_field(image.meta[column]);
      list.text += '\n';
      ++list.images;
      if (states_[i] == State::empty) ++list.empty;
    }
    return lists;
  }

  void write_lists() const {
    std::vector<std::vector<std::string>> table{{"list", "images", "empty masks"}};
    for (const auto& [name, list] : make_lists()) {
      const std::string path = output(name + ".csv");
      write_file(path, list.text);
      table.push_back({path, fmt::format("{}", list.images), fmt::format("{}", list.empty)});
    }
    Output out("");
    out.write(aligned(table) + fmt::format("classes: {}\n", fmt::join(set_.classes, ", ")));
    out.commit();
  }

  void warn_of_shared_patients() const {
    std::map<std::string, std::string> part_of;  // patients
    std::set<std::string> shared;
    for (const AnnotatedImage& image : set_.images) {
      if (image.patient.empty()) continue;
      const std::string part = lists_.part_of(image.name);
      if (part_of.try_emplace(image.patient, part).first->second != part)
        shared.insert(image.patient);
    }
    if (!shared.empty())
      warn(fmt::format("{} patients have images in both lists, among them {}", shared.size(),
                       *shared.begin()));
  }

  void tell_left_out() const {
    if (kept_ > 0) note(fmt::format("{} images were there already", kept_));
    if (set_.negatives > 0)
      note(fmt::format("{} images without target are left out", set_.negatives));
    if (unlisted_ > 0) note(fmt::format("{} images are in neither list", unlisted_));
  }

  const DataPrepareOptions& options_;
  AnnotatedSet set_;
  data::SplitLists lists_;
  std::vector<State> states_;  // of the images
  size_t unlisted_ = 0;
  size_t kept_ = 0;  // were prepared by an earlier run
  Outcome outcome_;
};

}  // namespace

int data_prepare(const DataPrepareOptions& options) {
  return Preparation(options, read_annotated(options.source)).run();
}

}  // namespace evax::tasks
