#include "evax/weights/convert/surroundings.h"

#include <cmath>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/weights/model_json.h"

namespace evax::weights {
namespace {

class Setter {
 public:
  Setter(const Surroundings& known, Metadata& metadata, std::vector<std::string>& notes)
      : known_(known), options_(known.options), metadata_(metadata), notes_(notes) {}

  void run() {
    check_exported();
    set_classes();
    set_task();
    set_preprocess();
    set_decisions();
    set_provenance();
  }

 private:
  const Metadata* exported() const { return known_.exported(); }
  const HubConfig& hub() const { return known_.checkpoint.hub; }

  void check_exported() {
    if (known_.preset != nullptr && (known_.checkpoint.exported || hub().transform))
      notes_.push_back(fmt::format("the preset {} is used, not what {} says", known_.preset->name,
                                   known_.checkpoint.exported ? export_record : "the folder"));
    if (exported() == nullptr) return;
    ModelConfig model = exported()->model;
    model.image_size = metadata_.model.image_size;
    if (to_json(model) != to_json(metadata_.model) ||
        model.decoder.has_value() != metadata_.model.decoder.has_value() ||
        (model.decoder && decoder_to_json(model) != decoder_to_json(metadata_.model)))
      fail("{}: {} describes another network than its tensors are", known_.path, export_record);
  }

  void set_classes() {
    const auto count = static_cast<size_t>(metadata_.model.num_classes);
    std::vector<std::string>& classes = metadata_.classes;
    if (!options_.classes.empty())
      classes = options_.classes;
    else if (known_.preset != nullptr)
      classes = known_.preset->classes;
    else if (exported() != nullptr)
      classes = exported()->classes;
    else if (hub().classes.size() == count)
      classes = hub().classes;
    else if (!hub().classes.empty())
      notes_.push_back(fmt::format("config.json names {} classes, the head has {}: ignored",
                                   hub().classes.size(), count));
    if (classes.empty() && known_.preset == nullptr && count == 1 && metadata_.model.decoder) {
      classes = {"target"};
      notes_.emplace_back("the class is called target");
    } else if (classes.empty() && known_.preset == nullptr && count > 0) {
      classes = placeholder_classes(count);
      notes_.push_back(fmt::format("classes are called class_0 to class_{}", count - 1));
    } else if (options_.classes.empty() && classes == hub().classes && count > 0) {
      notes_.push_back(fmt::format("{} classes as config.json names them", count));
    }
    if (classes.size() != count) fail_class_count(classes.size());
    check_classes(classes, known_.path);
  }

  [[noreturn]] void fail_class_count(size_t named) const {
    const int count = metadata_.model.num_classes;
    const std::string by = options_.classes.empty()
                               ? fmt::format("the preset {} names {}", known_.preset->name, named)
                               : fmt::format("found {} names", named);
    if (count == 0) fail("{}: expected no class names (there is no head), {}", known_.path, by);
    fail("{}: expected {} classes (the rows of head.weight), {}", known_.path, count, by);
  }

  void set_task() {
    const int count = metadata_.model.num_classes;
    Task& task = metadata_.task;
    if (options_.task) {
      task = *options_.task;
    } else if (known_.preset != nullptr) {
      task = known_.preset->task;
    } else if (exported() != nullptr) {
      task = exported()->task;
    } else if (metadata_.model.decoder) {
      task = Task::segmentation;
    } else if (count == 0) {
      task = Task::pretrain;
    } else if (hub().task && (count > 1 || *hub().task == Task::multilabel)) {
      task = *hub().task;
      notes_.push_back(fmt::format("task {} (problem_type of config.json)", name_of(task)));
    } else {
      // The official code's cross-entropy tasks are CovidX's, of 2 and 3 classes.
      task = count == 2 || count == 3 ? Task::multiclass : Task::multilabel;
      notes_.push_back(fmt::format("task {} (by the number of classes, {})", name_of(task), count));
    }
    const bool segments = metadata_.model.decoder.has_value();
    const bool possible = task == Task::segmentation || segments
                              ? task == Task::segmentation && segments
                          : task == Task::pretrain   ? count == 0
                          : task == Task::multilabel ? count > 0
                                                     : count > 1;
    if (!possible)
      fail("{}: a checkpoint with {} classes is not a {} model", known_.path, count, name_of(task));
  }

  void set_preprocess() {
    constexpr int usual = 224;
    const ModelConfig& model = metadata_.model;
    Preprocess& preprocess = metadata_.preprocess;
    preprocess = default_preprocess(model, options_.preset);
    if (exported() != nullptr) {
      preprocess = exported()->preprocess;
      scale_preprocess(model.image_size);
      return;
    }
    if (model.decoder) return;
    if (known_.mgca) {
      constexpr float mgca = 0.5F;  // spec B.4
      preprocess.mean.fill(mgca);
      preprocess.std.fill(mgca);
      notes_.push_back(fmt::format("mean and std are MGCA's own, {0} and {0}", mgca));
    }
    if (known_.preset == nullptr && hub().transform) {
      preprocess = preprocess_of(*hub().transform, model.image_size, preprocess, notes_);
      return;
    }
    if (model.image_size < usual && !model.is_eva_clip())
      notes_.push_back(
          fmt::format("images are resized to {} before the crop of {} (the official "
                      "256 to 224, in proportion)",
                      preprocess.resize[0], model.image_size));
  }

  void scale_preprocess(int size) {
    Preprocess& preprocess = metadata_.preprocess;
    if (preprocess.crop == size) return;
    const double scale = static_cast<double>(size) / preprocess.crop;
    for (int& side : preprocess.resize) side = static_cast<int>(std::lround(side * scale));
    preprocess.crop = size;
    notes_.push_back(fmt::format("images: {}", sentence_of(preprocess)));
  }

  /// Thresholds and temperature belong to the probabilities of one task.
  void set_decisions() {
    if (metadata_.model.decoder)
      metadata_.thresholds.assign(metadata_.classes.size(), segmentation_threshold);
    if (exported() == nullptr) return;
    std::vector<std::string> taken;
    if (options_.classes.empty() && !metadata_.classes.empty()) taken.emplace_back("classes");
    if (!options_.task) taken.emplace_back("task");
    taken.emplace_back("preprocessing");
    if (metadata_.task == exported()->task) {
      metadata_.thresholds = exported()->thresholds;
      metadata_.temperature = exported()->temperature;
      if (!metadata_.thresholds.empty()) taken.emplace_back("thresholds");
      if (metadata_.temperature) taken.emplace_back("temperature");
    } else {
      notes_.emplace_back("left out thresholds and temperature, which are of another task");
    }
    notes_.push_back(fmt::format("{} as {} says, which evax export wrote", fmt::join(taken, ", "),
                                 export_record));
  }

  void set_provenance() {
    const auto source = std::filesystem::path(known_.path).lexically_normal();
    const auto name = source.has_filename() ? source.filename() : source.parent_path().filename();
    std::string note = fmt::format("imported from the {} layout", known_.layout);
    if (exported() != nullptr) {
      metadata_.provenance = exported()->provenance;
      if (const auto before = metadata_.provenance.find("note");
          before != metadata_.provenance.end() && before->second != note)
        note = before->second;
    }
    metadata_.provenance["source"] = printable(name.string());
    metadata_.provenance["sha256"] = sha256_of_files();
    metadata_.provenance["note"] = note;
  }

  /// Of several files the hash of their hashes, a line each.
  std::string sha256_of_files() const {
    const std::vector<std::string>& files = known_.checkpoint.files;
    std::string hashes;
    for (const std::string& file : files) {
      const std::string hash = sha256(MappedFile::open(file)->bytes());
      if (files.size() == 1) return hash;
      hashes += hash + "\n";
    }
    return sha256(std::as_bytes(std::span(hashes)));
  }

  const Surroundings& known_;
  const ImportOptions& options_;
  Metadata& metadata_;
  std::vector<std::string>& notes_;
};

}  // namespace

void set_surroundings(const Surroundings& known, Metadata& metadata,
                      std::vector<std::string>& notes) {
  Setter(known, metadata, notes).run();
}

}  // namespace evax::weights
