#include "tests/e2e/ranks.h"

#include <unistd.h>

#include <cmath>
#include <future>

#include "evax/weights/model_file.h"

namespace evax::e2e {

std::vector<Process> launch_ranks(const std::vector<std::string>& arguments, int ranks, int port,
                                  double limit_of_last) {
  std::vector<std::future<Process>> running;
  for (int rank = 0; rank < ranks; ++rank)
    running.push_back(std::async(std::launch::async, [=] {
      const std::string r = std::to_string(rank);
      return evax(arguments,
                  Launch{.limit = rank + 1 == ranks ? limit_of_last : 300,
                         .environment = {
                             "RANK=" + r, "LOCAL_RANK=" + r, "WORLD_SIZE=" + std::to_string(ranks),
                             "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + std::to_string(port)}});
    }));
  std::vector<Process> processes;
  for (auto& process : running) processes.push_back(process.get());
  return processes;
}

int a_free_port() { return 20000 + static_cast<int>(::getpid()) % 20000; }

void expect_equal_models(const std::string& a_path, const std::string& b_path,
                         double mean_tolerance) {
  const auto one = weights::load_model(a_path);
  const auto two = weights::load_model(b_path);
  for (const auto& [name, tensor] : one.tensors) {
    const auto a = tensor.floats();
    const auto b = two.at(name).floats();
    ASSERT_EQ(a.size(), b.size());
    double mean = 0;
    double largest = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
      mean += difference / static_cast<double>(a.size());
      largest = std::max(largest, difference);
    }
    EXPECT_LE(mean, mean_tolerance) << name;
    EXPECT_LE(largest, 2e-4) << name;
  }
}

}  // namespace evax::e2e
