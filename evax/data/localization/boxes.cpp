#include "evax/data/localization/boxes.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/core/text.h"
#include "evax/data/fingerprint.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/data/split.h"

namespace evax::data {
namespace {

constexpr int chest_xray14_size = 1024;

double coordinate_in(const CsvTable& table, size_t column) {
  const std::string_view text = trim(table[column]);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    fail("{} line {}: expected a number in column '{}', found '{}'", table.path(), table.line(),
         table.columns()[column], text);
  return number;
}

/// Where the columns of a file of boxes are.
struct BoxColumns {
  size_t path, label, x, y, width, height;
  std::optional<size_t> patient;
};

BoxColumns box_columns(const CsvTable& table, bool chest_xray14) {
  if (chest_xray14)
    return {table.column("Image Index"),
            table.column("Finding Label"),
            table.column("Bbox [x"),
            table.column("y"),
            table.column("w"),
            table.column("h]"),
            std::nullopt};
  return {table.column("path"),  table.column("label"),  table.column("x"),    table.column("y"),
          table.column("width"), table.column("height"), table.find("patient")};
}

/// Reads a file of boxes, and lists of the images they are on. Without `classes` every label is
/// one.
class BoxReader {
 public:
  BoxReader(const BoxConfig& config, const std::optional<std::vector<std::string>>& classes)
      : config_(config),
        table_(config.boxes),
        chest_xray14_(table_.find("Image Index").has_value()),
        columns_(box_columns(table_, chest_xray14_)),
        any_label_(!classes),
        folder_(config.images.empty() ? std::filesystem::path(config.boxes).parent_path().string()
                                      : config.images) {
    protect_input(config.boxes);
    if (classes) all_.classes = *classes;
    all_.source = config.boxes;
    all_.box_size = config.box_size.value_or(chest_xray14_ ? chest_xray14_size : 0);
    check_choice();
    if (chest_xray14_) files_.emplace(nih_folders(folder_));
  }

  BoxList read() {
    while (table_.next()) read_row();
    if (all_.findings.empty())
      fail("{}: expected at least one box of the classes that are scored, found none", all_.source);
    return std::move(all_);
  }

  size_t left_out() const { return left_out_; }

  /// The paths of a list of images.
  std::set<std::string> read_list(const std::string& list) const {
    protect_input(list);
    std::set<std::string> paths;
    const auto add = [&](std::string_view name) { paths.insert(path_of(std::string(name))); };
    if (list.ends_with(".csv") || list.ends_with(".csv.gz")) {
      CsvTable table(list);
      for (const size_t column = table.column("path"); table.next();) add(trim(table[column]));
    } else {
      std::vector<std::string_view> words;
      for_each_line(read_text(list), [&](std::string_view line, size_t) {
        split_fields(line, words);
        add(words.front());
      });
    }
    return paths;
  }

 private:
  void check_choice() const {
    for (const std::string& name : config_.classes)
      if (!is_class(name))
        fail("data.classes: expected classes of the model, {}, found '{}'",
             fmt::join(all_.classes, ", "), name);
  }

  bool is_class(const std::string& name) const {
    return std::find(all_.classes.begin(), all_.classes.end(), name) != all_.classes.end();
  }

  std::string path_of(const std::string& name) const {
    return files_ ? files_->locate(name) : join_path(folder_, name);
  }

  void read_row() {
    std::string label(trim(table_[columns_.label]));
    if (chest_xray14_ && label == "Infiltrate") label = "Infiltration";
    const std::vector<std::string>& judged = config_.classes;
    if (!judged.empty() && std::find(judged.begin(), judged.end(), label) == judged.end()) {
      ++left_out_;
      return;
    }
    if (any_label_ && !is_class(label)) all_.classes.push_back(label);
    if (!is_class(label))
      fail(
          "{} line {}: expected a class of the model, {}, found '{}' (data.classes names those to "
          "score)",
          table_.path(), table_.line(), fmt::join(all_.classes, ", "), label);
    const std::string name(trim(table_[columns_.path]));
    if (name.empty())
      fail("{} line {}: expected an image, found nothing", table_.path(), table_.line());
    BoxedFinding& finding = all_.findings.emplace_back();
    finding.path = path_of(name);
    finding.name = name;
    finding.patient =
        columns_.patient ? std::string(field_value(table_[*columns_.patient])) : nih_patient(name);
    finding.label = static_cast<int>(std::find(all_.classes.begin(), all_.classes.end(), label) -
                                     all_.classes.begin());
    finding.box = {coordinate_in(table_, columns_.x), coordinate_in(table_, columns_.y),
                   coordinate_in(table_, columns_.width), coordinate_in(table_, columns_.height)};
    finding.line = table_.line();
  }

  const BoxConfig& config_;
  CsvTable table_;
  bool chest_xray14_;
  BoxColumns columns_;
  bool any_label_;
  std::string folder_;
  std::optional<FileIndex> files_;
  BoxList all_;
  size_t left_out_ = 0;
};

BoxList boxes_on(const BoxList& all, const std::function<bool(const std::string& path)>& is_in) {
  BoxList part{all.classes, {}, all.source, all.reading, all.box_size};
  for (const BoxedFinding& finding : all.findings)
    if (is_in(finding.path)) part.findings.push_back(finding);
  return part;
}

std::set<std::string> paths_in(const Dataset& images) {
  std::set<std::string> paths;
  for (const Sample& sample : images.samples) paths.insert(sample.path);
  return paths;
}

// A share of the patients whose images were to be scored settles the threshold in place of that.
void deal_out(const BoxConfig& config, BoxSplits& splits) {
  const std::set<std::string> val =
      paths_in(deal(images_of(splits.test), {config.val_share}, config.seed)[1]);
  splits.val = boxes_on(splits.test, [&](const std::string& path) { return val.contains(path); });
  splits.test = boxes_on(splits.test, [&](const std::string& path) { return !val.contains(path); });
}

void refuse_box_leaks(const BoxConfig& config, BoxSplits& splits) {
  Splits images;
  images.val = images_of(splits.val);
  images.test = images_of(splits.test);
  for (const std::string& leak : find_leaks(images)) {
    if (!config.allow_leak)
      fail("{}: expected disjoint lists, found {} (allow_leak = true lets it pass)", config.boxes,
           leak);
    splits.notes.push_back("leak: " + leak);
  }
}

}  // namespace

BoxSplits load_boxes(const BoxConfig& config, const std::vector<std::string>& classes) {
  std::error_code ignored;
  if (!config.images.empty() && !std::filesystem::is_directory(config.images, ignored))
    fail("data.images: expected a folder, found {}", config.images);
  BoxReader reader(config, classes);
  BoxList all = reader.read();
  all.reading.force = config.force;
  all.reading.bits = config.bits;
  const auto read_list = [&](const std::string& list) {
    return list.empty() ? std::set<std::string>() : reader.read_list(list);
  };
  const std::set<std::string> val = read_list(config.val), test = read_list(config.test);
  const bool all_others = config.test.empty();
  BoxSplits splits;
  splits.val = boxes_on(all, [&](const std::string& path) { return val.contains(path); });
  splits.test = boxes_on(all, [&](const std::string& path) {
    return all_others ? !val.contains(path) : test.contains(path);
  });
  if (!config.val.empty() && splits.val.findings.empty())
    fail("{}: expected images with boxes in {}, found none", config.val, config.boxes);
  if (splits.test.findings.empty())
    fail("{}: expected images with boxes in {} to score, found none",
         all_others ? config.boxes : config.test, config.boxes);
  if (config.val_share > 0) deal_out(config, splits);
  refuse_box_leaks(config, splits);
  if (reader.left_out() > 0)
    splits.notes.push_back(fmt::format("{}: {} boxes of other classes than {} are left out",
                                       config.boxes, reader.left_out(),
                                       fmt::join(config.classes, ", ")));
  return splits;
}

BoxList read_boxes(const std::string& boxes) {
  BoxConfig config;
  config.boxes = boxes;
  return BoxReader(config, std::nullopt).read();
}

Dataset images_of(const BoxList& list) {
  Dataset images;
  images.classes = list.classes;
  images.source = list.source;
  images.reading = list.reading;
  std::set<std::string_view> seen;
  for (const BoxedFinding& finding : list.findings)
    if (seen.insert(finding.path).second) {
      Sample& sample = images.samples.emplace_back();
      sample.path = finding.path;
      sample.patient = finding.patient;
    }
  return images;
}

std::string fingerprint(const BoxList& list, const std::string& images) {
  std::string lines;
  for (const BoxedFinding& finding : list.findings)
    lines += fmt::format("{}\t{}\t{}\t{} {} {} {}\n", path_below(images, finding.path),
                         finding.patient, finding.label, finding.box.x, finding.box.y,
                         finding.box.width, finding.box.height);
  return sha256(std::as_bytes(std::span(lines)));
}

}  // namespace evax::data
