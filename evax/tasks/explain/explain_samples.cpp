#include "evax/tasks/explain/explain_samples.h"

#include "evax/data/fingerprint.h"
#include "evax/tasks/explain/page.h"

namespace evax::tasks {
namespace {

constexpr double map_threshold = 0.4;  // as ExplainOptions

std::vector<double> thresholds_of(const evaluation::Judgement& judgement) {
  std::vector<double> thresholds;
  for (const metrics::ClassFigures& figures : judgement.evaluation.classes)
    if (figures.threshold) thresholds.push_back(*figures.threshold);
  return thresholds;
}

}  // namespace

evaluation::ExplainSamples explain_samples(const EvaluateOptions& options,
                                           const weights::ModelFile& file,
                                           const evaluation::Judgement& judgement) {
  if (!can_be_explained(file.metadata.model)) return {};
  return [&](std::span<const uint32_t> samples) {
    ExplainedNetwork network = explained_network(
        options.model, file, {options.precision, options.threads}, options.make_grad_cam);
    network.metadata.thresholds = thresholds_of(judgement);
    PageMaker page({{&network, all_classes(network.metadata)}});
    const evaluation::Subject& subject = judgement.subject;
    for (const uint32_t index : samples) {
      const data::Sample& sample = subject.images->samples[index];
      page.add(data::path_below(subject.folder, sample.path),
               data::read_image(*subject.images, sample));
    }
    return page.html(map_threshold,
                     {{"X-rays", "those of report.html with the most confident calls"}});
  };
}

}  // namespace evax::tasks
