#include "evax/tasks/model/quantize.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/metrics/findings/compare.h"
#include "evax/tasks/data/data_source.h"
#include "evax/tasks/findings/agreement.h"
#include "evax/tasks/findings/score.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"
#include "evax/tasks/run_model.h"
#include "evax/weights/quantization.h"

namespace evax::tasks {
namespace {

using weights::ModelFile;

bool is_below(const std::string& layer, const std::string& module) {
  return layer.starts_with(module) &&
         (layer.size() == module.size() || layer[module.size()] == '.');
}

std::vector<std::string> chosen_layers(const QuantizeOptions& options, const ModelFile& model) {
  const weights::ModelConfig& config = model.metadata.model;
  if (!config.is_transformer())
    fail("{}: quantize needs a vision transformer, found {}", options.model, config.variant);
  const auto parameters = weights::parameters_of(config);
  for (const std::string& module : options.keep)
    if (std::none_of(parameters.begin(), parameters.end(),
                     [&](const auto& parameter) { return is_below(parameter.first, module); }))
      fail("--keep: expected modules of {}, such as blocks.0 or blocks.0.mlp, found '{}'",
           options.model, printable(module));
  auto layers = weights::quantizable_layers(config);
  std::erase_if(layers, [&](const std::string& layer) {
    return std::any_of(options.keep.begin(), options.keep.end(),
                       [&](const std::string& module) { return is_below(layer, module); });
  });
  if (layers.empty()) fail("--keep: expected to leave a layer for 8 bits, found none left");
  return layers;
}

/// Runs both models on the same images and compares them on the way.
class Both : public inference::Runner {
 public:
  Both(const ModelFile& reference, const ModelFile& model, const engine::Options& options,
       Agreement& agreement)
      : reference_(inference::run_on_engine(reference, options)),
        model_(inference::run_on_engine(model, options)),
        agreement_(agreement) {
    const weights::ModelConfig& config = model.metadata.model;
    const size_t side = config.decoder ? static_cast<size_t>(config.image_size) : 1;
    size_ = static_cast<size_t>(config.num_classes) * side * side;
  }

  void forward(const float* images, size_t count, const engine::Outputs& /*outputs*/) override {
    std::vector<float> expected(count * size_), found(count * size_);
    reference_->forward(images, count, {.logits = expected.data()});
    model_->forward(images, count, {.logits = found.data()});
    for (size_t i = 0; i < count; ++i)
      agreement_.add(std::span(expected).subspan(i * size_, size_),
                     std::span(found).subspan(i * size_, size_));
  }

 private:
  std::unique_ptr<inference::Runner> reference_, model_;
  Agreement& agreement_;
  size_t size_;
};

Outcome compare_on_images(const QuantizeOptions& options, const ModelFile& reference,
                          const ModelFile& model, Agreement& agreement) {
  RunOptions run;
  run.threads = options.threads;
  run.reading = options.reading;
  run.make_runner = [&](const ModelFile&, const engine::Options& engine_options) {
    return std::make_unique<Both>(reference, model, engine_options, agreement);
  };
  return run_model(model, collect_images(options.check), run, {},
                   [](const inference::Item&, const inference::Result&) {});
}

std::string auc_line(const std::string& name, const metrics::Difference& difference) {
  if (!difference.difference) return fmt::format("AUC {}: undefined on these images\n", name);
  std::string line = fmt::format("AUC {}: {:.4f}, was {:.4f}: {:+.4f}", name, *difference.b,
                                 *difference.a, *difference.difference);
  if (difference.interval)
    line +=
        fmt::format(" ({:+.4f} to {:+.4f})", difference.interval->low, difference.interval->high);
  return line + "\n";
}

/// On the test list of a recipe; returns the lines on areas under the curve.
std::string compare_on_list(const QuantizeOptions& options, const ModelFile& reference,
                            const ModelFile& model, Agreement& agreement) {
  const weights::Metadata& metadata = model.metadata;
  const std::string& recipe = options.check.front();
  if (metadata.task == weights::Task::segmentation)
    fail("{}: expected images to check a segmentation model on, found a list", recipe);
  data::DataConfig config = read_source({recipe, {}});
  if (config.classes.empty()) config.classes = metadata.classes;
  if (config.test.empty()) fail("{}: expected data.test, the list to check on, found none", recipe);
  const data::Dataset test = load_as_given(config).test;
  if (test.samples.empty() || test.classes != metadata.classes || test.task != metadata.task)
    fail("{}: expected a {} list of {}'s classes in data.test, found another one", recipe,
         name_of(metadata.task), options.model);
  const size_t threads = threads_of(options.threads);
  const auto scored = [&](const ModelFile& file) {
    return score(*inference::run_on_engine(file, {engine::Precision::fp32, threads}), metadata,
                 test, threads);
  };
  const evaluation::Scored a = scored(reference);
  const evaluation::Scored b = scored(model);
  const size_t classes = metadata.classes.size();
  for (size_t i = 0; i < a.samples.size(); ++i)
    agreement.add(std::span(a.logits).subspan(i * classes, classes),
                  std::span(b.logits).subspan(i * classes, classes));
  const evaluation::Link link{metadata.temperature.value_or(1)};
  metrics::BootstrapOptions bootstrap;
  bootstrap.draws = options.draws;
  bootstrap.threads = threads;
  const auto comparison =
      metrics::compare(evaluation::predictions_of(test, a, link, config.images),
                       evaluation::predictions_of(test, b, link, config.images), bootstrap);
  std::string text;
  for (const metrics::ClassDifference& c : comparison.classes) text += auc_line(c.name, c.auc);
  return text + auc_line("mean", comparison.mean_auc);
}

bool is_recipe(const std::string& path) {
  return std::filesystem::path(path).extension() == ".toml";
}

void check_options(const QuantizeOptions& options) {
  if (options.check.empty() && !options.unchecked)
    throw UsageError(
        "--check: expected images, or a TOML file with a table [data], to compare with float32 "
        "on; --unchecked writes without");
  if (!options.check.empty() && options.unchecked)
    throw UsageError("--unchecked: expected no --check beside it, found one");
  if (options.check.size() > 1 &&
      std::any_of(options.check.begin(), options.check.end(), is_recipe))
    throw UsageError("--check: expected images or one TOML file, found both or several");
}

}  // namespace

int quantize(const QuantizeOptions& options) {
  check_options(options);
  const ModelFile reference = load_model(options.model);
  if (reference.metadata.classes.empty() && !options.unchecked)
    fail("{}: expected a model with classes to --check, found an encoder; --unchecked writes it",
         options.model);
  ModelFile model = weights::quantize(reference, chosen_layers(options, reference), options.model);
  Output report("");
  check_writable(options.output);

  Outcome outcome;
  if (!options.unchecked) {
    Agreement agreement(model.metadata);
    std::string more;
    if (is_recipe(options.check.front()))
      more = compare_on_list(options, reference, model, agreement);
    else
      outcome = compare_on_images(options, reference, model, agreement);
    if (outcome.failed > 0 && outcome.done == 0) return outcome.exit_code();
    model.metadata.quantization->check = agreement.sentence();
    report.write(agreement.sentence() + "\n" + more);
    report.commit();
    if (agreement.largest() > options.most)
      fail(
          "{}: a probability differs from float32's by {:.4f}, expected {} at most (--most); "
          "--keep leaves layers in floating point",
          options.model, agreement.largest(), options.most);
  }
  weights::save_model(options.output, model);
  note(fmt::format("wrote {}: {} layers in 8 bits", options.output,
                   model.metadata.quantization->layers.size()));
  return outcome.failed > 0 ? outcome.exit_code() : 0;
}

}  // namespace evax::tasks
