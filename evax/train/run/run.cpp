#include "evax/train/run/run.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"
#include "evax/nn/measure.h"
#include "evax/train/loop/device.h"
#include "evax/train/pretraining/pretrain.h"
#include "evax/train/tasks/classify.h"
#include "evax/train/tasks/segment.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json read_metrics(const std::string& folder) { return read_json(folder + "/" + metrics_file); }

std::unique_ptr<Task> make_task(const Recipe& recipe, const std::string& folder,
                                Distributed& distributed) {
  if (recipe.task == "pretrain") return make_pretraining(recipe, folder, distributed);
  if (recipe.task == "segment") return make_segmentation(recipe, folder, distributed);
  return make_classification(recipe, folder, distributed);
}

// False when a signal stopped it.
bool run_once(const Recipe& recipe, const std::string& folder, const RunOptions& options,
              Distributed& distributed) {
  return run_task(*make_task(recipe, folder, distributed), recipe, folder, options.resume,
                  distributed);
}

// Mean and standard deviation (n - 1) over the runs of every figure they have.
Json summary_of(const std::vector<Json>& runs) {
  Json summary{
      {"runs", runs.size()}, {"set", runs[0].at("set")}, {"protocol", runs[0].at("protocol")}};
  for (const char* name :
       {"mean_auc", "accuracy", "label_accuracy", "loss", "val_mim_loss", "probe/knn_auc",
        "probe/linear_auc", "dice", "jaccard", "mean_dice_per_image", "hd95"}) {
    std::vector<double> values;
    for (const Json& metrics : runs)
      if (metrics.contains(name) && metrics.at(name).is_number())
        values.push_back(metrics.at(name));
    if (values.size() != runs.size()) continue;
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    double square = 0;
    for (const double value : values) square += (value - mean) * (value - mean);
    summary[name] = {{"mean", mean},
                     {"std", std::sqrt(square / static_cast<double>(values.size() - 1))},
                     {"values", values}};
  }
  return summary;
}

void run_repeats(const Recipe& recipe, const std::string& folder, const RunOptions& options,
                 Distributed& distributed) {
  std::vector<Json> metrics;
  for (int repeat = 0; repeat < recipe.run.repeats; ++repeat) {
    Recipe one = recipe;
    one.run.repeats = 1;
    one.run.seed = recipe.run.seed + static_cast<uint64_t>(repeat);
    const std::string name = fmt::format("{}/seed_{}", folder, one.run.seed);
    if (!run_once(one, name, options, distributed)) return;
    if (distributed.first()) metrics.push_back(read_metrics(name));
  }
  if (!distributed.first()) return;
  const Json summary = summary_of(metrics);
  write_file(folder + "/summary.json", json_text(summary, 2) + "\n");
  for (const auto& [key, label] : {std::pair{"mean_auc", "mean AUC"}, {"dice", "Dice"}})
    if (summary.contains(key))
      note(fmt::format("{} runs: {} {} {:.4f} +- {:.4f}", metrics.size(),
                       summary["set"].get<std::string>(), label, summary[key]["mean"].get<double>(),
                       summary[key]["std"].get<double>()));
}

// torchrun gives every process one thread through OMP_NUM_THREADS, which LibTorch heeds by itself.
void set_threads(int threads) {
  if (threads > 0)
    at::set_num_threads(threads);
  else if (std::getenv("OMP_NUM_THREADS") == nullptr)
    at::set_num_threads(static_cast<int>(available_threads()));
}

std::string default_folder(const std::string& recipe) {
  return "runs/" + fs::path(recipe).stem().string();
}

}  // namespace

void run(const RunOptions& options) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  const auto distributed =
      Distributed::from_environment(wants_gpu(recipe.run.device), recipe.run.timeout_seconds);
  set_threads(recipe.run.threads);
  nn::keep_freed_memory();
  if (options.dry_run) return dry_run(*make_task(recipe, "", *distributed), recipe, *distributed);

  const std::string folder =
      options.folder.empty() ? default_folder(options.recipe) : options.folder;
  save_on_signals();
  if (recipe.run.repeats > 1) return run_repeats(recipe, folder, options, *distributed);
  run_once(recipe, folder, options, *distributed);
}

}  // namespace evax::train
