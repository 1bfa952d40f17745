#pragma once

#include <cstdlib>

#include "tests/e2e/binary.h"

namespace evax::e2e {

/// [model] of a recipe: EVA-X of a few thousand parameters.
inline const std::string tiny_network =
    "[model]\narch = 'eva_x'\nembed_dim = 64\ndepth = 2\nnum_heads = 1\nmlp_hidden = 96\n";

/// Trainings of one recipe in a folder of the test's own.
class Training : public testing::Test {
 protected:
  const Folder folder_;
  const std::string recipe_ = folder_.file("tiny.toml");

  std::string run_file(const std::string& run, const std::string& name) const {
    return folder_.file(run) + "/" + name;
  }
  Process train(const std::string& run, const std::vector<std::string>& more = {},
                const Launch& launch = {}) const {
    std::vector<std::string> arguments{"train", recipe_, "--run", folder_.file(run)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return evax(arguments, launch);
  }
  /// True once the run's log tells of that step or a later one: the moment to stop it, however fast
  /// the machine. The log is written with each checkpoint and evaluation.
  std::function<bool()> after_step(const std::string& run, int64_t step) const {
    return [path = run_file(run, "metrics.jsonl"), step] {
      const std::string log = read(path);
      const std::string key = "{\"step\":";
      const size_t last = log.rfind(key);
      return last != std::string::npos && std::atoll(log.c_str() + last + key.size()) >= step;
    };
  }
};

}  // namespace evax::e2e
