// What an explanation costs beside a forward pass of the same network, in turns; EVA-X-Ti, -S and
// -B at 224 pixels with weights from a formula:
//   evax_explain_bench THREADS ROUNDS

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"

namespace {

using namespace evax::engine;

double seconds_of(const std::function<void()>& job) {
  const auto start = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const evax::weights::ModelConfig& config, size_t threads, size_t rounds) {
  const Session session(testing::formula_model(config), {.threads = threads});
  const auto image = testing::formula_images(config, 1);
  const auto tokens = static_cast<size_t>(config.tokens());
  std::vector<int> classes(static_cast<size_t>(config.num_classes));
  std::iota(classes.begin(), classes.end(), 0);
  std::vector<float> logits(classes.size()), raw(classes.size() * tokens), rollout(tokens * tokens);
  const std::vector<std::function<void()>> jobs{
      [&] { session.forward(image.data(), 1, {.logits = logits.data()}); },
      [&] { session.grad_cam(image.data(), 1, std::span(classes).first(1), {.raw = raw.data()}); },
      [&] { session.grad_cam(image.data(), 1, classes, {.raw = raw.data()}); },
      [&] { session.rollout(image.data(), 1, rollout.data()); }};
  std::vector<std::vector<double>> ratios(jobs.size());
  for (const auto& job : jobs) job();  // packs weights
  for (size_t round = 0; round < rounds; ++round) {
    const double forward = seconds_of(jobs[0]);
    for (size_t i = 1; i < jobs.size(); ++i) ratios[i].push_back(seconds_of(jobs[i]) / forward);
  }
  fmt::print("{:<12} {:>7} {:>8.2f} {:>11.2f} {:>8.2f}\n", config.variant, threads,
             median(ratios[1]), median(ratios[2]), median(ratios[3]));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const size_t threads = std::stoul(argv[1]), rounds = std::stoul(argv[2]);
  fmt::print("model        threads  1 class  14 classes  rollout   times a forward pass\n");
  for (const auto& config :
       {testing::tiny_config(), testing::small_config(), testing::base_config()})
    measure(config, threads, rounds);
}
