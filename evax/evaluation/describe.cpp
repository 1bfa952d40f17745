#include "evax/evaluation/describe.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/data/fingerprint.h"
#include "evax/weights/cost.h"

namespace evax::evaluation {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using report::ProtocolSection;

// "adult", "covid/test" of folders; "ptest.csv"; "cxr14 test_list.txt", where the kind tells more
// than the file.
std::string data_name(const Subject& subject) {
  const fs::path source = fs::absolute(subject.images->source).lexically_normal();
  const std::string name = (source.has_filename() ? source : source.parent_path()).filename();
  if (subject.kind == "csv") return name;
  if (subject.kind != "folder" && subject.kind != "shards") return subject.kind + " " + name;
  const fs::path images = fs::absolute(subject.folder + "/").lexically_normal().parent_path();
  const fs::path below = source.lexically_relative(images.parent_path());
  return below.empty() || *below.begin() == ".." ? name : below.generic_string();
}

}  // namespace

std::string text_of(const char* name, const metrics::Figure& figure) {
  if (!figure.value) return "";
  std::string text = fmt::format("{} {:.4f}", name, *figure.value);
  if (figure.interval)
    text += fmt::format(" (95 % {:.4f}-{:.4f})", figure.interval->low, figure.interval->high);
  return text + ", ";
}

Json head_of(const Subject& subject, const Rules& rules, size_t unreadable, bool by_patient) {
  return {{"model",
           {{"name", subject.model_name},
            {"arch", subject.model->model.variant},
            {"parameters", parameter_count(subject.model->model)},
            {"macs", static_cast<int64_t>(weights::macs_per_image(subject.model->model))},
            {"sha256", subject.model_sha256}}},
          {"data",
           {{"name", data_name(subject)},
            {"kind", subject.kind},
            {"source", subject.images->source},
            {"sha256", data::fingerprint(*subject.images, subject.folder)},
            {"unreadable", unreadable}}},
          {"set", subject.set},
          {"protocol", subject.selected_on_test ? "paper" : "validation"},
          {"thresholds",
           {{"rule", rules.threshold_rule},
            {"chosen_on",
             rules.thresholds_chosen_on.empty() ? Json() : Json(rules.thresholds_chosen_on)}}},
          {"bootstrap",
           {{"draws", rules.options.draws},
            {"seed", rules.options.seed},
            {"unit", by_patient ? "patient" : "image"}}}};
}

std::string threshold_line(const Rules& rules) {
  if (rules.threshold_rule == "argmax") return "none: the call is the most probable class";
  if (rules.thresholds.empty()) return "0.5: no validation list";
  if (rules.thresholds_chosen_on == "the model file") return "those of the model file";
  const std::string rule = rules.threshold_rule == "youden"
                               ? "highest sensitivity + specificity (Youden)"
                               : rules.threshold_rule;
  return rule + ", chosen on " + rules.thresholds_chosen_on;
}

std::string model_line(const Subject& subject) {
  return fmt::format("{} ({}, {:.1f} M parameters)", subject.model_name,
                     subject.model->model.variant,
                     static_cast<double>(parameter_count(subject.model->model)) / 1e6);
}

std::string mask_threshold_line(const Rules& rules) {
  std::string line = fmt::format("{}", fmt::join(rules.thresholds, ", "));
  if (!rules.thresholds_chosen_on.empty()) line += ", from " + rules.thresholds_chosen_on;
  return line;
}

std::string interval_line(const Rules& rules, bool by_patient) {
  if (rules.options.draws == 0) return "not computed";
  return fmt::format("95 %, percentiles of {} bootstrap draws of {}, seed {}", rules.options.draws,
                     by_patient ? "patients" : "images", rules.options.seed);
}

std::pair<std::string, std::string> selection_line(const Subject& subject) {
  return {"protocol", subject.selected_on_test ? "paper: the best epoch was chosen on these images"
                                               : "validation: evax chose nothing on these images"};
}

std::vector<ProtocolSection> model_sections(const Subject& subject, size_t judged,
                                            size_t unreadable) {
  const weights::Preprocess& p = subject.model->preprocess;
  std::vector<ProtocolSection> sections{
      {"Model",
       {{"file", subject.model_name},
        {"architecture", subject.model->model.variant},
        {"SHA-256", subject.model_sha256},
        {"input", fmt::format("{0} x {0} pixels, resized to {1}, mean {2:.4f}, "
                              "standard deviation {3:.4f}",
                              p.crop, p.resize[0], p.mean[0], p.std[0])}}}};
  ProtocolSection origin{"Where the model comes from", {}};
  for (const auto& [name, text] : subject.model->provenance) origin.lines.emplace_back(name, text);
  if (!origin.lines.empty()) sections.push_back(origin);
  sections.push_back(
      {"Data",
       {{"list", subject.images->source},
        {"set", subject.set},
        {"SHA-256 of paths and labels", data::fingerprint(*subject.images, subject.folder)},
        {"images", fmt::format("{} scored, {} unreadable", judged, unreadable)}}});
  return sections;
}

void write_unreadable(const std::string& path,
                      const std::vector<std::pair<std::string, std::string>>& unreadable) {
  std::string text = "path,reason\n";
  for (const auto& [image, reason] : unreadable)
    text += csv_field(image) + "," + csv_field(reason) + "\n";
  write_file(path, text);
}

}  // namespace evax::evaluation
