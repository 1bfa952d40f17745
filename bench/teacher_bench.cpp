// The targets of a teacher of MGCA's shape (ViT-B/16, 224 pixels, all patches) on both backends,
// which take turns; weights drawn at random:
//   evax_teacher_bench BATCH THREADS fp32|bf16 ROUNDS
// "cpu" is the share that the process got of its threads' time: rounds on a busy machine say
// little.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "evax/nn/network.h"
#include "evax/train/pretraining/teacher.h"

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

std::unique_ptr<train::Teacher> make_teacher(const std::string& path, const std::string& backend,
                                             train::Precision precision) {
  train::TeacherRecipe recipe;
  recipe.model = path;
  recipe.backend = backend;
  auto teacher = train::Teacher::make(recipe, *weights::published_config("eva_x_small"), {},
                                      at::kCPU, precision);
  std::printf("%s: %s\n", backend.c_str(), teacher->notes().back().c_str());
  return teacher;
}

/// Seconds of one batch, and the share of its threads' time that the process got.
std::pair<double, double> time_batch(train::Teacher& teacher, const at::Tensor& images) {
  const at::Tensor patches = at::arange(images.size(0) * 196);
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  teacher.targets(images, patches);
  const double cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {wall.count(), cpu / wall.count() / at::get_num_threads()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int batch = std::stoi(argv[1]);
  at::set_num_threads(std::stoi(argv[2]));
  const auto precision = train::choose_precision(argv[3], at::kCPU);
  const std::string path = std::filesystem::temp_directory_path() / "evax_teacher_bench";
  save_random_model(path);
  const auto engine = make_teacher(path, "engine", precision);
  const auto torch = make_teacher(path, "torch", precision);
  std::filesystem::remove(path);

  const at::Tensor images = at::randn({batch, 3, 224, 224});
  std::printf("engine images/s  cpu   torch images/s  cpu   engine / torch\n");
  for (int round = 0; round < std::stoi(argv[4]); ++round) {
    const auto [engine_seconds, engine_cpu] = time_batch(*engine, images);
    const auto [torch_seconds, torch_cpu] = time_batch(*torch, images);
    std::printf("%15.3f  %.2f  %15.3f  %.2f  %15.2f\n", batch / engine_seconds, engine_cpu,
                batch / torch_seconds, torch_cpu, torch_seconds / engine_seconds);
    std::fflush(stdout);
  }
}
