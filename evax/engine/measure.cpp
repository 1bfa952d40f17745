#include "evax/engine/measure.h"

#include <chrono>
#include <vector>

#include "evax/engine/kernels/kernels.h"
#include "evax/engine/team.h"

namespace evax::engine {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Any values do: no kernel's speed depends on them.
std::vector<float> images_for(const weights::ModelConfig& config, size_t count) {
  const auto side = static_cast<size_t>(config.image_size);
  std::vector<float> images(count * 3 * side * side);
  for (size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i % 97) / 48.0F - 1.0F;
  return images;
}

}  // namespace

double images_per_second(const Session& session, size_t batch, double seconds) {
  const std::vector<float> images = images_for(session.config(), batch);
  const weights::ModelConfig& config = session.config();
  const auto side = static_cast<size_t>(config.image_size);
  const size_t size = config.decoder ? static_cast<size_t>(config.num_classes) * side * side
                                     : static_cast<size_t>(config.embed_dim);
  std::vector<float> results(batch * size);
  const auto run = [&] {
    session.forward(
        images.data(), batch,
        config.decoder ? Outputs{.logits = results.data()} : Outputs{.features = results.data()});
  };
  size_t count = 0;
  const auto start = Clock::now();
  do {
    run();
    count += batch;
  } while (since(start) < seconds);
  return static_cast<double>(count) / since(start);
}

double peak_flops(Precision precision, size_t threads, double seconds) {
  constexpr size_t steps = 20000;  // some tens of microseconds
  const Kernels kernels = select_kernels(precision);
  Team team(threads);
  std::vector<double> rates(team.size());
  team.run([&](size_t member) {
    double operations = 0;
    const auto start = Clock::now();
    do {
      operations += kernels.gemm->burn(steps);
    } while (since(start) < seconds);
    rates[member] = operations / since(start);
  });
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

}  // namespace evax::engine
