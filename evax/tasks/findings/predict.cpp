#include "evax/tasks/findings/predict.h"

#include "evax/inference/prediction.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

std::string header_of(Format format, const std::vector<std::string>& classes, bool logits) {
  return format == Format::csv ? inference::csv_header(classes, logits) + "\n" : "";
}

std::string text_of(Format format, const inference::Prediction& prediction, bool logits) {
  switch (format) {
    case Format::table: return to_text(prediction, logits);
    case Format::jsonl: return to_json(prediction, logits) + "\n";
    case Format::csv: return to_csv(prediction, logits) + "\n";
  }
  throw std::logic_error("unknown format");
}

}  // namespace

int predict(const PredictOptions& options) {
  const weights::ModelFile file = load_model(options.model);
  inference::require_classifier(file.metadata, options.model);
  const auto paths = collect_images(options.images);
  Output output(options.output);
  output.write(header_of(options.format, file.metadata.classes, options.logits));
  const Outcome outcome = run_model(
      file, paths, options, {.logits = true},
      [&](const inference::Item& item, const inference::Result& result) {
        output.write(text_of(options.format, prediction_of(item, result.logits, file.metadata),
                             options.logits));
      });
  if (outcome.done > 0) output.commit();
  return outcome.exit_code();
}

}  // namespace evax::tasks
