#include "evax/train/run/bench.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/engine/measure.h"
#include "evax/nn/measure.h"
#include "evax/train/optim/precision.h"
#include "evax/train/recipe/recipe.h"
#include "evax/weights/cost.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr double peak_seconds = 0.5;
constexpr int chestxray14_findings = 14;

// As recipes of the task build it: a classifier of ChestX-ray14's findings, or UPerNet for a mask
// at 512 px.
weights::ModelConfig config_of(const std::string& arch, bool segment) {
  Recipe recipe;
  recipe.model.arch = arch;
  if (!segment) return model_config(recipe.model, chestxray14_findings);
  recipe.task = "segment";
  recipe.model.image_size = 512;
  return model_config(recipe, 1);
}

Json measure(const std::string& arch, int batch_size, int threads, const BenchOptions& options) {
  const weights::ModelConfig config = config_of(arch, options.segment);
  const Precision precision = choose_precision(options.precision, at::kCPU);
  std::optional<at::ScalarType> autocast;
  if (precision == Precision::bf16) autocast = at::kBFloat16;
  // Before and after, so that a machine that slows down in between slows the share less.
  const auto peak_precision =
      precision == Precision::bf16 ? engine::Precision::bf16 : engine::Precision::fp32;
  double peak = engine::peak_flops(peak_precision, static_cast<size_t>(threads), peak_seconds);
  const nn::TrainingSpeed speed =
      nn::training_images_per_second(config, batch_size, threads, autocast, options.seconds);
  peak =
      (peak + engine::peak_flops(peak_precision, static_cast<size_t>(threads), peak_seconds)) / 2;
  const double flops = 3 * weights::flops_per_image(config) * speed.images_per_second;
  return {{"engine", "evax-train"},
          {"model", arch},
          {"precision", name_of(precision)},
          {"batch", batch_size},
          {"threads", threads},
          {"images_per_second", speed.images_per_second},
          {"fraction_of_peak", flops / peak},
          {"forward", speed.forward},
          {"backward", speed.backward},
          {"optimizer", speed.optimizer}};
}

void print(const Json& row) {
  std::printf("%-14s %-5s %6d %8d %10.2f %8.0f %% %9.3f %9.3f %9.3f\n",
              row["model"].get<std::string>().c_str(), row["precision"].get<std::string>().c_str(),
              row["batch"].get<int>(), row["threads"].get<int>(),
              row["images_per_second"].get<double>(), 100 * row["fraction_of_peak"].get<double>(),
              row["forward"].get<double>(), row["backward"].get<double>(),
              row["optimizer"].get<double>());
  std::fflush(stdout);
}

}  // namespace

void bench(const BenchOptions& options) {
  nn::keep_freed_memory();
  if (!options.json)
    std::printf("%-14s %-5s %6s %8s %10s %10s %9s %9s %9s\n", "model", "", "batch", "threads",
                "images/s", "of peak", "forward", "backward", "optimizer");
  Json rows = Json::array();
  for (const std::string& arch : options.models)
    for (const int batch_size : options.batch_sizes)
      for (const int wanted : options.threads) {
        const int threads = wanted > 0 ? wanted : static_cast<int>(available_threads());
        rows.push_back(measure(arch, batch_size, threads, options));
        if (!options.json) print(rows.back());
      }
  if (options.json) std::puts(rows.dump(2).c_str());
}

}  // namespace evax::train
