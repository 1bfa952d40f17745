// The targets of a teacher of MGCA's shape (ViT-B/16, 224 pixels) on both backends, all patches,
// weights drawn at random:
//   evax_teacher_bench BATCH THREADS fp32|bf16 --benchmark_enable_random_interleaving=true
//     --benchmark_repetitions=5 --benchmark_report_aggregates_only=true

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <filesystem>

#include "evax/nn/network.h"
#include "evax/train/teacher.h"

namespace {

using namespace evax;

void save_random_model(const std::string& path) {
  weights::ModelFile file;
  file.metadata.task = weights::Task::pretrain;
  file.metadata.model = *weights::published_config("vit_base");
  const auto network = nn::make_network(file.metadata.model);
  nn::initialise(*network, 0);
  file.tensors = nn::parameters_of(*network);
  weights::save_model(path, file);
}

void targets(benchmark::State& state, const train::TeacherRecipe& recipe, int batch,
             train::Precision precision) {
  const weights::ModelConfig student = *weights::published_config("eva_x_small");
  const auto teacher = train::Teacher::make(recipe, student, {}, at::kCPU, precision);
  const at::Tensor images = at::randn({batch, 3, 224, 224});
  const at::Tensor patches = at::arange(batch * 196);
  for (auto _ : state) benchmark::DoNotOptimize(teacher->targets(images, patches));
  state.SetItemsProcessed(state.iterations() * batch);
  state.SetLabel(teacher->notes().back());
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 4) return 2;
  const int batch = std::stoi(argv[1]);
  at::set_num_threads(std::stoi(argv[2]));
  const auto precision = train::choose_precision(argv[3], at::kCPU);
  const std::string path = std::filesystem::temp_directory_path() / "evax_teacher_bench";
  save_random_model(path);
  for (const char* backend : {"engine", "torch"}) {
    train::TeacherRecipe recipe;
    recipe.model = path;
    recipe.backend = backend;
    benchmark::RegisterBenchmark(backend, targets, recipe, batch, precision)->UseRealTime();
  }
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove(path);
}
