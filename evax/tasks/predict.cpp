#include "evax/tasks/predict.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/json.h"
#include "evax/core/json_text.h"
#include "evax/tasks/findings.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

// One image's answer, ready to be written.
struct Prediction {
  const Item& item;
  std::vector<Finding> findings;
  std::vector<std::string> warnings;
};

class Writer {
 public:
  Writer(Output& output, bool logits) : output_(output), logits_(logits) {}
  virtual ~Writer() = default;
  virtual void begin(const std::vector<std::string>&) {}
  virtual void write(const Prediction& prediction) = 0;

 protected:
  Output& output_;
  bool logits_;
};

class TableWriter : public Writer {
 public:
  using Writer::Writer;
  void write(const Prediction& prediction) override {
    const Item& item = prediction.item;
    std::string text = fmt::format("{}  ({} {} x {}{})\n", printable(item.path), item.info.format,
                                   item.width, item.height, view_of(item));
    size_t width = 0;
    for (const Finding& finding : prediction.findings) width = std::max(width, finding.name.size());
    for (const Finding& finding : prediction.findings) {
      text += fmt::format("  {:<{}}  {:6.4f}", finding.name, width, finding.probability);
      if (finding.threshold) text += fmt::format("  threshold {:.2f}", *finding.threshold);
      if (logits_) text += fmt::format("  logit {:+.6f}", finding.logit);
      text += finding.positive ? "  positive\n" : "\n";
    }
    for (const std::string& warning : prediction.warnings)
      text += fmt::format("  warning: {}\n", printable(warning));
    output_.write(text);
  }

 private:
  static std::string view_of(const Item& item) {
    return item.info.view.empty() ? "" : ", view " + printable(item.info.view);
  }
};

class JsonWriter : public Writer {
 public:
  using Writer::Writer;
  void write(const Prediction& prediction) override {
    Json classes = Json::object();
    for (const Finding& finding : prediction.findings) {
      Json& entry = add_new(classes, finding.name, Json::object());
      entry["probability"] = finding.probability;
      entry["threshold"] = finding.threshold ? Json(*finding.threshold) : Json();
      entry["positive"] = finding.positive;
      if (logits_) entry["logit"] = finding.logit;
    }
    const Item& item = prediction.item;
    const Json line{{"path", item.path},
                    {"classes", classes},
                    {"view", item.info.view.empty() ? Json() : Json(item.info.view)},
                    {"warnings", prediction.warnings}};
    output_.write(json_text(line) + "\n");
  }
};

class CsvWriter : public Writer {
 public:
  using Writer::Writer;
  void begin(const std::vector<std::string>& classes) override {
    std::string line = "path";
    for (const std::string& name : classes) line += "," + csv_field("prob_" + name);
    for (const std::string& name : classes) line += "," + csv_field("positive_" + name);
    if (logits_)
      for (const std::string& name : classes) line += "," + csv_field("logit_" + name);
    output_.write(line + ",view,warnings\n");
  }
  void write(const Prediction& prediction) override {
    std::string line = csv_field(prediction.item.path);
    for (const Finding& finding : prediction.findings)
      line += fmt::format(",{:.6f}", finding.probability);
    for (const Finding& finding : prediction.findings) line += finding.positive ? ",1" : ",0";
    if (logits_)
      for (const Finding& finding : prediction.findings) line += fmt::format(",{}", finding.logit);
    line += "," + csv_field(prediction.item.info.view);
    line += "," + csv_field(fmt::format("{}", fmt::join(prediction.warnings, "; ")));
    output_.write(line + "\n");
  }
};

std::unique_ptr<Writer> make_writer(Format format, Output& output, bool logits) {
  switch (format) {
    case Format::table: return std::make_unique<TableWriter>(output, logits);
    case Format::jsonl: return std::make_unique<JsonWriter>(output, logits);
    case Format::csv: return std::make_unique<CsvWriter>(output, logits);
  }
  throw std::logic_error("unknown format");
}

void require_classifier(const weights::Metadata& metadata, const std::string& path) {
  if (metadata.task == weights::Task::segmentation)
    fail("{}: predict needs a classifier, found a segmentation model", path);
  if (metadata.model.num_classes == 0)
    fail(
        "{}: predict needs a classifier, found a pre-trained encoder without a head; fine-tune it "
        "first, or use `evax embed` for its features",
        path);
}

}  // namespace

int predict(const PredictOptions& options) {
  const weights::ModelFile file = load_model(options.model);
  require_classifier(file.metadata, options.model);
  const auto paths = collect_images(options.images);
  Output output(options.output);
  const auto writer = make_writer(options.format, output, options.logits);
  writer->begin(file.metadata.classes);
  const Outcome outcome = run_model(
      file, paths, options, {.logits = true}, [&](const Item& item, const Result& result) {
        writer->write({item, findings_of(result.logits, file.metadata), item.warnings});
      });
  if (outcome.done > 0) output.commit();
  return outcome.exit_code();
}

}  // namespace evax::tasks
